-- +goose NO TRANSACTION

-- +goose Up
-- Reports count what happened within a span of time. A new ticket is in none of the first two: taking
-- in mails costs no more than before.
-- The indexes are built while others write; what is left of a building that was interrupted goes first.
DROP INDEX CONCURRENTLY IF EXISTS tickets_close_at;
CREATE INDEX CONCURRENTLY tickets_close_at ON tickets (close_at) INCLUDE (created_at, group_id, state_id) WHERE close_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS history_reports;
CREATE INDEX CONCURRENTLY history_reports ON history (type, attribute, created_at) INCLUDE (o_id, id_from, id_to)
    WHERE object = 'Ticket' AND (attribute IN ('state', 'group') OR type = 'merged_into');

-- Articles are written in the order of their times: ranges of pages are enough to find a span, and cost
-- next to nothing to keep.
DROP INDEX CONCURRENTLY IF EXISTS ticket_articles_created_at;
CREATE INDEX CONCURRENTLY ticket_articles_created_at ON ticket_articles USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS ticket_articles_created_at;
DROP INDEX CONCURRENTLY IF EXISTS history_reports;
DROP INDEX CONCURRENTLY IF EXISTS tickets_close_at;
