-- What was answered to requests with an `Idempotency-Key`: `ids` are the tasks made, as a JSON array, `hash` is of what
-- was asked.
CREATE TABLE task_idempotency (
    owner      TEXT NOT NULL,
    key        TEXT NOT NULL,
    hash       BLOB NOT NULL,
    ids        TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT;
CREATE INDEX task_idempotency_by_age ON task_idempotency (created_at);
