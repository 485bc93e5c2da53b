-- The feed of changes: every task that is there, and every one that was, once, where its newest state stands.
-- A change takes a task's position away. Whoever reads the feed gives positions to those that have none, one reader at
-- a time behind the row of `task_feed`: so a position is only ever seen after all that are lower.
ALTER TABLE task ADD COLUMN IF NOT EXISTS changed_at TIMESTAMP NOT NULL DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC');
ALTER TABLE task ADD COLUMN IF NOT EXISTS feed_position BIGINT;
CREATE INDEX IF NOT EXISTS task_unplaced ON task (changed_at, id) WHERE feed_position IS NULL;
CREATE INDEX IF NOT EXISTS task_placed ON task (owner, feed_position) WHERE feed_position IS NOT NULL;
CREATE TABLE IF NOT EXISTS task_tombstone (
    id            BIGINT PRIMARY KEY,
    owner         VARCHAR NOT NULL,
    version       BIGINT NOT NULL,
    changed_at    TIMESTAMP NOT NULL DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'),
    feed_position BIGINT
);
CREATE INDEX IF NOT EXISTS task_tombstone_unplaced ON task_tombstone (changed_at, id) WHERE feed_position IS NULL;
CREATE INDEX IF NOT EXISTS task_tombstone_placed ON task_tombstone (owner, feed_position) WHERE feed_position IS NOT NULL;
CREATE TABLE IF NOT EXISTS task_feed (id BIGINT PRIMARY KEY, position BIGINT NOT NULL);
INSERT INTO task_feed (id, position) VALUES (1, 0) ON CONFLICT (id) DO NOTHING;
