-- Two looks within a millisecond are still one after the other: the list shows the later one first.

-- +goose Up
ALTER TABLE recent_views
    ALTER COLUMN created_at TYPE timestamptz(6),
    ALTER COLUMN created_at SET DEFAULT clock_timestamp();

-- +goose Down
ALTER TABLE recent_views
    ALTER COLUMN created_at TYPE timestamptz(3),
    ALTER COLUMN created_at SET DEFAULT now();
