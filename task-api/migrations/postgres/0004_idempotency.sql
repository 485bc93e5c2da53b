-- What was answered to requests with an `Idempotency-Key`: `ids` are the tasks made, `hash` is of what was asked.
CREATE TABLE IF NOT EXISTS task_idempotency (
    owner      VARCHAR NOT NULL,
    key        VARCHAR NOT NULL,
    hash       BYTEA NOT NULL,
    ids        BIGINT[] NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'),
    PRIMARY KEY (owner, key)
);
CREATE INDEX IF NOT EXISTS task_idempotency_by_age ON task_idempotency (created_at);
