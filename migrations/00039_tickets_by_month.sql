-- +goose Up
-- Lists begin with what was changed last, which tickets of long ago rarely were: a search for tickets
-- that were made before some time passed over all those made since. By month, the last changed ones
-- of each are found at once. Queries must spell the month the same way.
CREATE INDEX tickets_months ON tickets (date_trunc('month', created_at AT TIME ZONE 'UTC'), updated_at DESC, id DESC)
    INCLUDE (created_at, group_id);

-- +goose Down
DROP INDEX tickets_months;
