-- +goose NO TRANSACTION

-- +goose Up
-- Lists begin with what was changed last, which tickets of long ago rarely were: a search for tickets
-- that were made before some time passed over all those made since. By month, the last changed ones
-- of each are found at once. Queries must spell the month the same way.
-- The index is built while others write; what is left of a building that was interrupted goes first.
DROP INDEX CONCURRENTLY IF EXISTS tickets_months;
CREATE INDEX CONCURRENTLY tickets_months ON tickets (date_trunc('month', created_at AT TIME ZONE 'UTC'), updated_at DESC, id DESC)
    INCLUDE (created_at, group_id);

-- Whether articles of a type count as contacts can be changed, and belongs to the catalog that processes
-- keep in memory.
CREATE OR REPLACE TRIGGER ticket_article_types_catalog AFTER INSERT OR UPDATE OR DELETE ON ticket_article_types
    FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();

-- +goose Down
DROP TRIGGER IF EXISTS ticket_article_types_catalog ON ticket_article_types;
DROP INDEX CONCURRENTLY IF EXISTS tickets_months;
