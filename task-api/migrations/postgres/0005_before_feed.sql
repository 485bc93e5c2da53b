-- Tasks with the position 0 were there before anybody read the feed, and stand in it by their ids.
CREATE INDEX IF NOT EXISTS task_before_feed ON task (owner, id) WHERE feed_position = 0;
