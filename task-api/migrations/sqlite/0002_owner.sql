-- `owner` is the name of the API key that a task was made with, and empty without keys: each key has tasks of its own.
-- The indexes are the orders of lists.
ALTER TABLE task ADD COLUMN owner TEXT NOT NULL DEFAULT '';
CREATE INDEX task_by_id ON task (owner, id);
CREATE INDEX task_by_status ON task (owner, status, id);
CREATE INDEX task_by_created_at ON task (owner, created_at, id);
