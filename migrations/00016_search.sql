-- +goose Up
-- Text is found by its trigrams, wherever in a word it is and whatever its case. What is found in the
-- articles of a ticket is spread over few columns, all of them in one index: an article is entered
-- once. New entries wait in a short list, so that taking a mail in does not wait for the index; a
-- longer list would make whoever fills it up wait longer.
CREATE INDEX ticket_articles_text ON ticket_articles
    USING gin (body gin_trgm_ops, subject gin_trgm_ops, "from" gin_trgm_ops, "to" gin_trgm_ops)
    WITH (fastupdate = on, gin_pending_list_limit = 1024);

-- People and organizations have many short texts: one entry for all of them. Queries must spell
-- these expressions the same way.
CREATE INDEX users_text ON users USING gin ((
    login || E'\n' || firstname || ' ' || lastname || E'\n' || email || E'\n' || phone || E'\n' || mobile || E'\n' || fax
    || E'\n' || web || E'\n' || department || E'\n' || street || E'\n' || zip || E'\n' || city || E'\n' || country
    || E'\n' || address || E'\n' || note) gin_trgm_ops);
CREATE INDEX organizations_text ON organizations USING gin ((name || E'\n' || domain || E'\n' || note) gin_trgm_ops);

-- The order in which people and organizations are found if none is asked for.
CREATE INDEX users_found ON users (active DESC NULLS LAST, updated_at DESC NULLS LAST, id);
CREATE INDEX organizations_found ON organizations (active DESC NULLS LAST, updated_at DESC NULLS LAST, id);

-- What conditions ask for besides what lists do.
CREATE INDEX tickets_escalation_at ON tickets (escalation_at) WHERE escalation_at IS NOT NULL;

-- +goose Down
DROP INDEX tickets_escalation_at, organizations_found, users_found, organizations_text, users_text, ticket_articles_text;
