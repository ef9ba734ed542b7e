-- +goose Up
-- These columns decide who sees a ticket. With them beside the ids, a page far down a list is
-- found in the index alone: nobody has to read the rows of the hundred thousand tickets before it.
CREATE INDEX tickets_lists ON tickets (id) INCLUDE (group_id, customer_id, organization_id);

-- What a search finds is shown last changed first. With what conditions mostly ask for beside that
-- order, a search for few or for old tickets passes over a million others in the index alone.
DROP INDEX tickets_updated_at;
CREATE INDEX tickets_found ON tickets (updated_at DESC, id DESC)
    INCLUDE (group_id, state_id, priority_id, owner_id, customer_id, organization_id, created_at);

-- Those of one state, such as pending ones, and those of one owner, or of nobody, in that order.
DROP INDEX tickets_state, tickets_owner;
CREATE INDEX tickets_state ON tickets (state_id, updated_at DESC, id DESC) INCLUDE (group_id, owner_id, created_at);
CREATE INDEX tickets_owner ON tickets (owner_id, updated_at DESC, id DESC) INCLUDE (group_id, state_id);

-- +goose Down
DROP INDEX tickets_owner, tickets_state;
CREATE INDEX tickets_owner ON tickets (owner_id, id) WHERE owner_id <> 1;
CREATE INDEX tickets_state ON tickets (state_id, id);
DROP INDEX tickets_found;
CREATE INDEX tickets_updated_at ON tickets (updated_at, id);
DROP INDEX tickets_lists;
