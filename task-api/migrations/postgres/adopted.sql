-- The table is the original's, which may still write to it. What it promises to be there is there.
UPDATE task SET title = COALESCE(title, ''), status = COALESCE(status, 'pending'),
    created_at = COALESCE(created_at, '1970-01-01 00:00:00')
    WHERE title IS NULL OR status IS NULL OR created_at IS NULL;
ALTER TABLE task ALTER COLUMN title SET NOT NULL, ALTER COLUMN status SET NOT NULL, ALTER COLUMN created_at SET NOT NULL;
-- A change that does not count itself is counted, so that it makes a new tag and stands in the feed.
CREATE OR REPLACE FUNCTION task_changed_beside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.feed_position := NULL;
    NEW.changed_at := CURRENT_TIMESTAMP AT TIME ZONE 'UTC';
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS task_changed_beside ON task;
CREATE TRIGGER task_changed_beside BEFORE UPDATE ON task FOR EACH ROW
    WHEN (OLD.version = NEW.version AND (OLD.title, OLD.description, OLD.status, OLD.created_at, OLD.owner)
        IS DISTINCT FROM (NEW.title, NEW.description, NEW.status, NEW.created_at, NEW.owner))
    EXECUTE FUNCTION task_changed_beside();
