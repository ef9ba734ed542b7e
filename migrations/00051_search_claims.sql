-- +goose Up
-- Whoever writes documents claims changes for a while, instead of keeping a transaction open until the
-- engine has answered: an open one keeps dead rows of all tables from being cleared away. What was
-- only spread from a record to all that hold it, such as to every ticket of a group that is called
-- otherwise, is told from what people have just changed, which does not wait for it.
ALTER TABLE search_changes
    ADD COLUMN later         boolean NOT NULL DEFAULT false,
    ADD COLUMN claimed_until timestamptz(3); -- has no index, and pages have room: claiming touches none
ALTER TABLE search_changes SET (fillfactor = 50);
CREATE INDEX search_changes_order ON search_changes (later, id);

-- Without an engine nobody notes what changes, and under another name of indexes only those of that
-- name are told. An index from before would lack that for ever: it must neither serve nor be gone on with.
-- +goose StatementBegin
CREATE FUNCTION forget_search_indexes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_indexes;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER settings_search_off AFTER UPDATE OF state_current ON settings FOR EACH ROW
    WHEN (NEW.name = 'es_url' AND coalesce(NEW.state_current->>'value', '') = ''
        OR NEW.name = 'es_index' AND NEW.state_current->'value' IS DISTINCT FROM OLD.state_current->'value')
    EXECUTE FUNCTION forget_search_indexes();

-- Those that were left from before.
DELETE FROM search_indexes WHERE NOT search_engine_set();

-- +goose Down
DROP TRIGGER settings_search_off ON settings;
DROP FUNCTION forget_search_indexes;
DROP INDEX search_changes_order;
ALTER TABLE search_changes RESET (fillfactor);
ALTER TABLE search_changes DROP COLUMN claimed_until, DROP COLUMN later;
