-- +goose Up
-- Work that leaves the house (mail, webhooks) can't be undone by a rollback: the worker that is
-- at it says so here, so that a repeated task doesn't send the same thing at the same time.
ALTER TABLE outbox ADD COLUMN claimed_until timestamptz(3);

-- Every row lives for moments: written, marked, deleted. The default of vacuuming after a fifth of
-- the table changed would let dead rows pile up in front of the relay whenever many rows wait.
ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 20000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);

-- +goose Down
ALTER TABLE outbox RESET (
    autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_threshold,
    autovacuum_vacuum_insert_scale_factor,
    autovacuum_vacuum_insert_threshold,
    autovacuum_analyze_scale_factor,
    autovacuum_analyze_threshold,
    autovacuum_vacuum_cost_delay
);
ALTER TABLE outbox DROP COLUMN claimed_until;
