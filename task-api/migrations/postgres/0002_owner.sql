-- `owner` is the name of the API key that a task was made with, and empty without keys: each key has tasks of its own.
-- The indexes are the orders of lists.
ALTER TABLE task ADD COLUMN IF NOT EXISTS owner VARCHAR NOT NULL DEFAULT '';
CREATE INDEX IF NOT EXISTS task_by_id ON task (owner, id);
CREATE INDEX IF NOT EXISTS task_by_status ON task (owner, status, id);
CREATE INDEX IF NOT EXISTS task_by_created_at ON task (owner, created_at, id);
