-- `epoch` is another one after a restore, so that what was told before is not taken for what is there now. The service
-- knows its own cursors by `secret`.
ALTER TABLE task_feed ADD COLUMN IF NOT EXISTS epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task_feed ADD COLUMN IF NOT EXISTS secret VARCHAR NOT NULL DEFAULT '';
UPDATE task_feed SET secret = CAST(gen_random_uuid() AS VARCHAR) WHERE secret = '';
