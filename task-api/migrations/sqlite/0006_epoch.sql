-- `epoch` is another one after a restore, so that what was told before is not taken for what is there now. The service
-- knows its own cursors by `secret`.
ALTER TABLE task_feed ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_feed ADD COLUMN secret TEXT NOT NULL DEFAULT '';
UPDATE task_feed SET secret = lower(hex(randomblob(16)));
