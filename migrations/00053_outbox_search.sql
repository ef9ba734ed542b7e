-- +goose NO TRANSACTION

-- +goose Up
-- A row of the outbox wakes the workers that tell the search engine. One that no worker has begun with is
-- enough for everybody: whoever changes a record looks whether there is one. The index is built while others
-- write, and so it has a file of its own; what is left of a building that was interrupted goes first.
DROP INDEX CONCURRENTLY IF EXISTS outbox_search;
CREATE INDEX CONCURRENTLY outbox_search ON outbox (id) WHERE kind = 'search.changed';

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS outbox_search;
