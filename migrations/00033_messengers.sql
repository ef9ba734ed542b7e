-- +goose NO TRANSACTION

-- +goose Up
-- Messages of one person by one messenger are worked on in their order: an answer must not overtake
-- its question. Mail has no conversation; there the Message-IDs tell.
ALTER TABLE inbound_messages ADD COLUMN IF NOT EXISTS conversation text;
-- Tables of an installation at work are large: indexes of them are built while others write. What is
-- left of a building that was interrupted goes first.
DROP INDEX CONCURRENTLY IF EXISTS inbound_messages_conversation;
CREATE INDEX CONCURRENTLY inbound_messages_conversation ON inbound_messages (channel_id, conversation, id)
    WHERE state = 'received' AND conversation IS NOT NULL;

-- Who somebody is at a messenger. Names there change, the uid does not.
CREATE TABLE IF NOT EXISTS messenger_accounts (
    provider   text NOT NULL, -- telegram, whatsapp
    uid        text NOT NULL,
    username   text NOT NULL DEFAULT '',
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    updated_at timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, uid)
);
CREATE INDEX IF NOT EXISTS messenger_accounts_user ON messenger_accounts (user_id);

-- Text messages come from numbers.
DROP INDEX CONCURRENTLY IF EXISTS users_mobile;
CREATE INDEX CONCURRENTLY users_mobile ON users (mobile) WHERE mobile <> '';

-- +goose Down
DELETE FROM outbox WHERE kind IN ('message.deliver', 'message.reply');
DROP INDEX CONCURRENTLY IF EXISTS users_mobile;
DROP TABLE IF EXISTS messenger_accounts;
DROP INDEX CONCURRENTLY IF EXISTS inbound_messages_conversation;
ALTER TABLE inbound_messages DROP COLUMN IF EXISTS conversation;
