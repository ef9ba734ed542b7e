-- +goose NO TRANSACTION

-- +goose Up
-- Whoever takes a call is found by the telephone: short numbers are in no list of caller ids. The index is
-- built while others write; what is left of a building that was interrupted goes first.
DROP INDEX CONCURRENTLY IF EXISTS users_phone;
CREATE INDEX CONCURRENTLY users_phone ON users (phone) WHERE phone <> '';

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS users_phone;
