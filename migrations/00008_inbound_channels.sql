-- +goose Up
-- A received message keeps the id of its channel when the channel is deleted: without it, messages
-- of two deleted channels that had the same names at their sources would be one.
ALTER TABLE inbound_messages DROP CONSTRAINT inbound_messages_channel_id_fkey;

-- +goose Down
UPDATE inbound_messages m
SET channel_id = NULL
WHERE channel_id IS NOT NULL AND NOT EXISTS (SELECT FROM channels WHERE id = m.channel_id);
ALTER TABLE inbound_messages
    ADD CONSTRAINT inbound_messages_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES channels ON DELETE SET NULL;
