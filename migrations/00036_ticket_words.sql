-- +goose Up
-- Tickets are found by the words of their title, number and articles. All words of a ticket are one
-- row here, written after the commit by one process that takes many tickets at a time: who takes a mail
-- in does not wait for an index of texts, and who looks for several words asks one index once.
--
-- Among the words of a ticket are -word for what only internal articles have, and who may see it:
-- /g1 its group, /c3 its customer, /o5 its organization. No word begins like that.
CREATE TABLE ticket_words (
    ticket_id bigint PRIMARY KEY, -- without a reference: that of a deleted ticket is a piece of work like others
    words     tsvector NOT NULL
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05); -- counting skips what is known to be visible to all
CREATE INDEX ticket_words_found ON ticket_words USING gin (words) WITH (fastupdate = on, gin_pending_list_limit = 1024);

-- Every word that any ticket has or had, to find those that somebody typed only a part of.
CREATE TABLE ticket_vocabulary (word text COLLATE "C" PRIMARY KEY);
CREATE INDEX ticket_vocabulary_parts ON ticket_vocabulary USING gin (word gin_trgm_ops);

-- Tickets whose words are not yet those above. Searches look at their texts until they are.
CREATE TABLE ticket_words_due (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL
);

-- Tickets and articles are written in many places, so the database notes down what is due. What
-- changes nothing that is found costs a comparison.
-- +goose StatementBegin
CREATE FUNCTION ticket_words_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_ARGV[0] = 'id' THEN
        INSERT INTO ticket_words_due (ticket_id) SELECT id FROM made;
    ELSE
        INSERT INTO ticket_words_due (ticket_id) SELECT DISTINCT ticket_id FROM made;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tickets_words_made AFTER INSERT ON tickets REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION ticket_words_of_new('id');
CREATE TRIGGER ticket_articles_words_made AFTER INSERT ON ticket_articles REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION ticket_words_of_new('ticket_id');

-- +goose StatementBegin
CREATE FUNCTION ticket_words_of_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_words_due (ticket_id) VALUES (OLD.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tickets_words_changed AFTER UPDATE ON tickets
    FOR EACH ROW WHEN (OLD.title IS DISTINCT FROM NEW.title OR OLD.number IS DISTINCT FROM NEW.number
        OR OLD.group_id IS DISTINCT FROM NEW.group_id OR OLD.customer_id IS DISTINCT FROM NEW.customer_id
        OR OLD.organization_id IS DISTINCT FROM NEW.organization_id)
    EXECUTE FUNCTION ticket_words_of_ticket();
CREATE TRIGGER tickets_words_gone AFTER DELETE ON tickets
    FOR EACH ROW EXECUTE FUNCTION ticket_words_of_ticket();

-- +goose StatementBegin
CREATE FUNCTION ticket_words_of_article() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ticket_words_due (ticket_id) VALUES (OLD.ticket_id);
    IF TG_OP = 'UPDATE' AND NEW.ticket_id <> OLD.ticket_id THEN
        INSERT INTO ticket_words_due (ticket_id) VALUES (NEW.ticket_id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER ticket_articles_words_changed AFTER UPDATE ON ticket_articles
    FOR EACH ROW WHEN (OLD.ticket_id <> NEW.ticket_id OR OLD.internal <> NEW.internal OR OLD.body <> NEW.body
        OR OLD.subject IS DISTINCT FROM NEW.subject OR OLD."from" IS DISTINCT FROM NEW."from" OR OLD."to" IS DISTINCT FROM NEW."to")
    EXECUTE FUNCTION ticket_words_of_article();
CREATE TRIGGER ticket_articles_words_gone AFTER DELETE ON ticket_articles
    FOR EACH ROW EXECUTE FUNCTION ticket_words_of_article();

-- What is there already is due, too; the process that does it works on the youngest first.
INSERT INTO ticket_words_due (ticket_id) SELECT id FROM tickets ORDER BY id;
ANALYZE ticket_words_due;

-- The indexes that every mail had to wait for.
DROP INDEX ticket_articles_text, tickets_number_trgm;

-- +goose Down
CREATE INDEX tickets_number_trgm ON tickets USING gin (number gin_trgm_ops) WITH (fastupdate = on);
CREATE INDEX ticket_articles_text ON ticket_articles
    USING gin (body gin_trgm_ops, subject gin_trgm_ops, "from" gin_trgm_ops, "to" gin_trgm_ops)
    WITH (fastupdate = on, gin_pending_list_limit = 1024);
DROP TRIGGER ticket_articles_words_gone ON ticket_articles;
DROP TRIGGER ticket_articles_words_changed ON ticket_articles;
DROP TRIGGER ticket_articles_words_made ON ticket_articles;
DROP TRIGGER tickets_words_gone ON tickets;
DROP TRIGGER tickets_words_changed ON tickets;
DROP TRIGGER tickets_words_made ON tickets;
DROP FUNCTION ticket_words_of_article, ticket_words_of_ticket, ticket_words_of_new;
DROP TABLE ticket_words_due, ticket_vocabulary, ticket_words;
