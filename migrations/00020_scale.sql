-- +goose Up
-- These columns decide who sees a ticket. With them beside the ids, a page far down a list is
-- found in the index alone: nobody has to read the rows of the hundred thousand tickets before it.
CREATE INDEX tickets_lists ON tickets (id) INCLUDE (group_id, customer_id, organization_id);

-- +goose Down
DROP INDEX tickets_lists;
