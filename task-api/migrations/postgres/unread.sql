-- Nobody has read the feed yet: whatever is there gets the position 0, by the catalogue alone. No row is written.
ALTER TABLE task DROP COLUMN feed_position;
ALTER TABLE task ADD COLUMN feed_position BIGINT DEFAULT 0;
ALTER TABLE task ALTER COLUMN feed_position DROP DEFAULT;
CREATE INDEX task_unplaced ON task (changed_at, id) WHERE feed_position IS NULL;
CREATE INDEX task_placed ON task (owner, feed_position) WHERE feed_position IS NOT NULL;
