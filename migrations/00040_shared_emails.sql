-- +goose NO TRANSACTION

-- +goose Up
-- Setting user_email_multiple_use lets several users have one mail address. Those who got it after
-- another had it are marked; among all others an address is still unique.
ALTER TABLE users ADD COLUMN IF NOT EXISTS email_shared boolean NOT NULL DEFAULT false;

-- The indexes are built while others write; what is left of a building that was interrupted goes first.
-- At every moment one of them keeps addresses unique, and one finds whose an address is.
DROP INDEX CONCURRENTLY IF EXISTS users_email_own;
CREATE UNIQUE INDEX CONCURRENTLY users_email_own ON users (email) WHERE email <> '' AND NOT email_shared;
DROP INDEX CONCURRENTLY IF EXISTS users_email_all;
CREATE INDEX CONCURRENTLY users_email_all ON users (email) WHERE email <> '';
DROP INDEX CONCURRENTLY IF EXISTS users_email;
ALTER INDEX users_email_all RENAME TO users_email;

-- +goose Down
-- Addresses that several have can't be kept twice: the first keeps it.
UPDATE users u SET email = '' WHERE email <> '' AND EXISTS (SELECT FROM users o WHERE o.email = u.email AND o.id < u.id);
DROP INDEX CONCURRENTLY IF EXISTS users_email_all;
CREATE UNIQUE INDEX CONCURRENTLY users_email_all ON users (email) WHERE email <> '';
DROP INDEX CONCURRENTLY IF EXISTS users_email;
ALTER INDEX users_email_all RENAME TO users_email;
DROP INDEX CONCURRENTLY IF EXISTS users_email_own;
ALTER TABLE users DROP COLUMN IF EXISTS email_shared;
