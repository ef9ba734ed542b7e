package indexing

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/desk/telephone"
	"postroom/internal/document"
	"postroom/internal/store/pg"
)

// SearchTerms are the small records behind documents that no catalog holds.
type SearchTerms struct {
	StateTypes []document.StateType
	Signatures map[desk.SignatureID]desk.Signature
	Since      time.Time // of the installation
}

// SearchTerms reads them.
func (s Keeper) SearchTerms(ctx context.Context) (t SearchTerms, err error) {
	t.StateTypes, err = pg.Many[document.StateType](ctx, s.DB, "types of states", `
		SELECT id, name, note, created_at, updated_at FROM ticket_state_types`)
	if err != nil {
		return t, err
	}
	t.Signatures, err = pg.ByID(ctx, s.DB, `
		SELECT id, name, body, active, note, updated_by_id, created_by_id, created_at, updated_at
		FROM signatures`, func(v desk.Signature) desk.SignatureID { return v.ID })
	if err != nil {
		return t, err
	}
	t.Since, err = pg.Value[time.Time](ctx, s.DB, "age of the installation", `
		SELECT coalesce(min(created_at), now()) FROM ticket_state_types`)
	return t, err
}

// CallsToIndex reads calls of the caller log.
func (s Keeper) CallsToIndex(ctx context.Context, ids []int64) ([]telephone.Call, error) {
	return pg.Many[telephone.Call](ctx, s.DB, "calls to index", `
		SELECT id, direction, state, "from", from_comment, "to", to_comment, queue, call_id, caller_id, comment,
			initialized_at, start_at, end_at, duration_waiting_time, duration_talking_time, done, preferences, events,
			created_at, updated_at
		FROM cti_logs
		WHERE id = ANY($1)`, ids)
}

// Talks are chats with what their documents hold.
type Talks struct {
	Sessions []desk.ChatSession
	Chats    map[desk.ChatID]desk.Chat
	Messages map[desk.ChatSessionID][]desk.ChatMessage
	Tags     map[int64][]string
	People   People
}

// longTalk is how many messages of a chat are read: the last ones.
const longTalk = 500

// TalksToIndex reads chats.
func (s Keeper) TalksToIndex(ctx context.Context, ids []int64) (t Talks, err error) {
	t.Sessions, err = pg.Many[desk.ChatSession](ctx, s.DB, "chats to index", `
		SELECT id, chat_id, session_id, name, state, user_id, ticket_id, preferences, created_at, updated_at
		FROM chat_sessions
		WHERE id = ANY($1)`, ids)
	if err != nil {
		return t, err
	}
	t.Chats, err = pg.ByID(ctx, s.DB, `
		SELECT id, name, max_queue, note, active, public, block_ip, block_country, allowed_websites, preferences,
			updated_by_id, created_by_id, created_at, updated_at
		FROM chats`, func(c desk.Chat) desk.ChatID { return c.ID })
	if err != nil {
		return t, err
	}
	messages, err := pg.Many[desk.ChatMessage](ctx, s.DB, "messages to index", `
		SELECT m.*
		FROM unnest($1::bigint[]) AS wanted (id)
		CROSS JOIN LATERAL (
			SELECT id, chat_session_id, content, created_by_id, created_at, updated_at
			FROM chat_messages
			WHERE chat_session_id = wanted.id
			ORDER BY id DESC
			LIMIT $2) m
		ORDER BY m.id`, ids, longTalk)
	if err != nil {
		return t, err
	}
	t.Messages = map[desk.ChatSessionID][]desk.ChatMessage{}
	for _, m := range messages {
		t.Messages[m.ChatSessionID] = append(t.Messages[m.ChatSessionID], m)
	}
	if t.Tags, err = s.tags(ctx, "ChatSession", ids); err != nil {
		return t, err
	}
	var agents []desk.UserID
	for _, session := range t.Sessions {
		if session.UserID != nil {
			agents = append(agents, *session.UserID)
		}
	}
	t.People, err = s.PeopleToIndex(ctx, agents)
	return t, err
}

// Each is read with the knowledge base and the language it belongs to.
var translationsToIndex = map[string]string{
	"knowledge_base_translation": `
		SELECT t.id, t.knowledge_base_id AS owner_id, t.kb_locale_id AS locale_id, t.title, t.footer_note AS text,
			t.updated_by_id, t.created_by_id, t.created_at, t.updated_at, t.knowledge_base_id, k.system_locale_id
		FROM knowledge_base_translations t
		JOIN knowledge_base_locales k ON k.id = t.kb_locale_id
		WHERE t.id = ANY($1)`,
	"knowledge_base_category_translation": `
		SELECT t.id, t.category_id AS owner_id, t.kb_locale_id AS locale_id, t.title, '' AS text,
			t.updated_by_id, t.created_by_id, t.created_at, t.updated_at, k.knowledge_base_id, k.system_locale_id
		FROM knowledge_base_category_translations t
		JOIN knowledge_base_locales k ON k.id = t.kb_locale_id
		WHERE t.id = ANY($1)`,
	"knowledge_base_answer_translation": `
		SELECT t.id, t.answer_id AS owner_id, t.kb_locale_id AS locale_id, t.title, left(t.body, 500000) AS text,
			t.updated_by_id, t.created_by_id, t.created_at, t.updated_at, k.knowledge_base_id, k.system_locale_id
		FROM knowledge_base_answer_translations t
		JOIN knowledge_base_locales k ON k.id = t.kb_locale_id
		WHERE t.id = ANY($1)`,
}

type translationRow struct {
	kb.Translation
	KnowledgeBaseID kb.BaseID
	SystemLocaleID  desk.LocaleID
}

// TranslationsToIndex reads what knowledge bases, categories or answers are called.
func (s Keeper) TranslationsToIndex(ctx context.Context, object string, ids []int64) ([]document.Translation, error) {
	rows, err := pg.Many[translationRow](ctx, s.DB, "translations to index", translationsToIndex[object], ids)
	if err != nil {
		return nil, err
	}
	answers := map[kb.AnswerID]kb.Answer{}
	if object == "knowledge_base_answer_translation" {
		answers, err = pg.ByID(ctx, s.DB, `
			SELECT id, category_id, promoted, internal_note, position, archived_at, archived_by_id, internal_at, internal_by_id,
				published_at, published_by_id, updated_by_id, created_by_id, created_at, updated_at
			FROM knowledge_base_answers
			WHERE id IN (SELECT answer_id FROM knowledge_base_answer_translations WHERE id = ANY($1))`,
			func(a kb.Answer) kb.AnswerID { return a.ID }, ids)
		if err != nil {
			return nil, err
		}
	}
	found := make([]document.Translation, len(rows))
	for i, row := range rows {
		found[i] = document.Translation{Translation: row.Translation, KnowledgeBaseID: row.KnowledgeBaseID, Locale: row.SystemLocaleID.Locale()}
		if answer, ok := answers[kb.AnswerID(row.OwnerID)]; ok {
			found[i].Answer = &answer
		}
	}
	return found, nil
}
