-- +goose Up
-- Whoever takes a call is found by the telephone: short numbers are in no list of caller ids.
CREATE INDEX users_phone ON users (phone) WHERE phone <> '';

-- +goose Down
DROP INDEX users_phone;
