-- The feed of changes: every task that is there, and every one that was, once, where its newest state stands. There is
-- one writer at a time, so a change has its position at once.
CREATE TABLE task_feed (id INTEGER PRIMARY KEY, position INTEGER NOT NULL) STRICT;
INSERT INTO task_feed (id, position) SELECT 1, COALESCE(MAX(id), 0) FROM task;
ALTER TABLE task ADD COLUMN changed_at TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN feed_position INTEGER NOT NULL DEFAULT 0;
UPDATE task SET changed_at = created_at, feed_position = id;
CREATE INDEX task_placed ON task (owner, feed_position);
CREATE TABLE task_tombstone (
    id            INTEGER PRIMARY KEY,
    owner         TEXT NOT NULL,
    version       INTEGER NOT NULL,
    changed_at    TEXT NOT NULL,
    feed_position INTEGER NOT NULL
) STRICT;
CREATE INDEX task_tombstone_placed ON task_tombstone (owner, feed_position);
