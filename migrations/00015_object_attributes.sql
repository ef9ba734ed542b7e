-- +goose Up
-- Values of the attributes that administrators add to a kind of record: one object a record, keyed by
-- the attribute's name. A column an attribute would need an exclusive lock on the table each time, and
-- every statement that reads or writes the record to be put together anew. A key that is missing means
-- that the attribute never got a value.
ALTER TABLE tickets ADD COLUMN custom jsonb NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN custom jsonb NOT NULL DEFAULT '{}';
ALTER TABLE organizations ADD COLUMN custom jsonb NOT NULL DEFAULT '{}';
ALTER TABLE groups ADD COLUMN custom jsonb NOT NULL DEFAULT '{}';

-- Moments and days are kept as texts of one form each, 2024-03-18T22:43:02.747Z and 2024-03-18: no
-- setting of a session changes what they mean, so an index may hold them. PostgreSQL can't know that
-- of these conversions, which read other forms too.
CREATE FUNCTION custom_time(custom jsonb, name text) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT (custom->>name)::timestamptz $$;
CREATE FUNCTION custom_date(custom jsonb, name text) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT (custom->>name)::date $$;

ALTER TABLE object_manager_attributes
    ADD COLUMN data_option_new jsonb NOT NULL DEFAULT '{}'; -- waits for the next migration of attributes

-- Forms, conditions and payloads need the definitions for every record.
CREATE TRIGGER object_manager_attributes_catalog AFTER INSERT OR UPDATE OR DELETE ON object_manager_attributes
    FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();
CREATE TRIGGER core_workflows_catalog AFTER INSERT OR UPDATE OR DELETE ON core_workflows
    FOR EACH STATEMENT EXECUTE FUNCTION bump_catalog_version();

-- +goose Down
-- Indexes on custom attributes go with the columns they read.
DROP TRIGGER core_workflows_catalog ON core_workflows;
DROP TRIGGER object_manager_attributes_catalog ON object_manager_attributes;
ALTER TABLE object_manager_attributes DROP COLUMN data_option_new;
ALTER TABLE groups DROP COLUMN custom;
ALTER TABLE organizations DROP COLUMN custom;
ALTER TABLE users DROP COLUMN custom;
ALTER TABLE tickets DROP COLUMN custom;
DROP FUNCTION custom_date, custom_time;
