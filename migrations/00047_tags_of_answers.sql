-- +goose Up
-- Answers of knowledge bases have tags as tickets have: what tags a deleted answer goes with it, or the
-- tag would seem to be in use for ever.

-- +goose StatementBegin
CREATE FUNCTION detach_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM taggings USING gone WHERE object = 'KnowledgeBase::Answer' AND o_id = gone.id;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER knowledge_base_answers_detached AFTER DELETE ON knowledge_base_answers REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION detach_answers();

-- +goose Down
DROP TRIGGER knowledge_base_answers_detached ON knowledge_base_answers;
DROP FUNCTION detach_answers;
