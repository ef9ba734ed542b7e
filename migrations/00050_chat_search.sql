-- +goose Up
-- Chats are found by what was said in them. Without an index of its parts every search reads all that
-- was ever said. New messages wait in a short list: who talks does not wait for the index.
CREATE INDEX chat_messages_text ON chat_messages USING gin (content gin_trgm_ops) WITH (fastupdate = on, gin_pending_list_limit = 1024);

-- A visitor's name and the name of the session are short: one entry for both. Queries must spell the
-- expression the same way.
CREATE INDEX chat_sessions_text ON chat_sessions USING gin ((coalesce(name, '') || E'\n' || session_id) gin_trgm_ops);

-- The tags of a chat go with it: ids are not used again, but tags would be counted as used for ever.
-- +goose StatementBegin
CREATE FUNCTION detach_chats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM taggings USING gone WHERE object = 'ChatSession' AND o_id = gone.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER chat_sessions_detached AFTER DELETE ON chat_sessions REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION detach_chats();

-- +goose Down
DROP TRIGGER chat_sessions_detached ON chat_sessions;
DROP FUNCTION detach_chats;
DROP INDEX chat_sessions_text, chat_messages_text;
