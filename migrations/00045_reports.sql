-- +goose Up
-- Reports count what happened within a span of time. A new ticket is in none of the first two: taking
-- in mails costs no more than before.
CREATE INDEX tickets_close_at ON tickets (close_at) INCLUDE (created_at, group_id, state_id) WHERE close_at IS NOT NULL;
CREATE INDEX history_reports ON history (type, attribute, created_at) INCLUDE (o_id, id_from, id_to)
    WHERE object = 'Ticket' AND (attribute IN ('state', 'group') OR type = 'merged_into');

-- Articles are written in the order of their times: ranges of pages are enough to find a span, and cost
-- next to nothing to keep.
CREATE INDEX ticket_articles_created_at ON ticket_articles USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);

-- +goose Down
DROP INDEX ticket_articles_created_at;
DROP INDEX history_reports;
DROP INDEX tickets_close_at;
