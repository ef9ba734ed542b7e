-- +goose NO TRANSACTION

-- +goose Up
-- Once a minute somebody looks whose WhatsApp conversation can't be answered much longer. Seconds since
-- 1970 have ten digits until the year 2286: as texts they are in their order.
-- The index is built while others write; what is left of a building that was interrupted goes first.
DROP INDEX CONCURRENTLY IF EXISTS tickets_whatsapp_window;
CREATE INDEX CONCURRENTLY tickets_whatsapp_window ON tickets ((preferences->'whatsapp'->>'timestamp_incoming'))
    WHERE preferences->>'channel_area' = 'WhatsApp::Business';

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS tickets_whatsapp_window;
