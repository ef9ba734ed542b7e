-- +goose Up
-- Lists begin with what was changed last, which tickets of long ago rarely were: a search for tickets
-- that were made before some time passed over all those made since. By month, the last changed ones
-- of each are found at once. Queries must spell the month the same way.
CREATE INDEX tickets_months ON tickets (date_trunc('month', created_at AT TIME ZONE 'UTC'), updated_at DESC, id DESC)
    INCLUDE (created_at, group_id);

-- Whether articles of a type count as contacts can be changed, and belongs to the catalog that processes
-- keep in memory.
CREATE TRIGGER ticket_article_types_catalog AFTER INSERT OR UPDATE OR DELETE ON ticket_article_types
    FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();

-- +goose Down
DROP TRIGGER ticket_article_types_catalog ON ticket_article_types;
DROP INDEX tickets_months;
