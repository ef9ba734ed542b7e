-- +goose Up
-- Setting user_email_multiple_use lets several users have one mail address. Those who got it after
-- another had it are marked; among all others an address is still unique.
ALTER TABLE users ADD COLUMN email_shared boolean NOT NULL DEFAULT false;
DROP INDEX users_email;
CREATE UNIQUE INDEX users_email_own ON users (email) WHERE email <> '' AND NOT email_shared;
CREATE INDEX users_email ON users (email) WHERE email <> '';

-- +goose Down
-- Addresses that several have can't be kept twice: the first keeps it.
UPDATE users u SET email = '' WHERE email <> '' AND EXISTS (SELECT FROM users o WHERE o.email = u.email AND o.id < u.id);
DROP INDEX users_email, users_email_own;
CREATE UNIQUE INDEX users_email ON users (email) WHERE email <> '';
ALTER TABLE users DROP COLUMN email_shared;
