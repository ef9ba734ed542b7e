package knowledge

import (
	"context"
	"maps"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk/kb"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/internal/store/knowledge"
	"postroom/internal/store/table"
)

// Lengths in characters.
const (
	maxTitle  = 250
	maxIcon   = 30
	maxColour = 60
	maxBody   = 10 << 20
)

// said is what a client says in one language: what is nil stays as it is.
type said struct {
	id          kb.TranslationID
	locale      kb.LocaleID
	title, text *string
}

// translationsSent reads translations_attributes: a list of objects, an object of them by numbers as
// forms send it, or a single one. textKey is where the text stands beside the title.
func translationsSent(p rest.Params, text func(rest.Params) (any, bool)) ([]said, error) {
	const key = "translations_attributes"
	var all []said
	for _, value := range objects(p[key]) {
		one, ok := value.(map[string]any)
		if !ok {
			return nil, rest.InvalidParam(key, value)
		}
		sent, err := translationSent(rest.Params(one), text)
		if err != nil {
			return nil, err
		}
		all = append(all, sent)
	}
	return all, nil
}

// objects are the values of a list, or of an object whose values are objects; anything else is one.
func objects(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	case map[string]any:
		var values []any
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if _, nested := v[key].(map[string]any); !nested || key == "content_attributes" {
				return []any{v}
			}
			values = append(values, v[key])
		}
		return values
	}
	return []any{value}
}

func translationSent(one rest.Params, text func(rest.Params) (any, bool)) (said, error) {
	var sent said
	var err error
	if sent.id, err = rest.IDIn[kb.TranslationID](one, "id"); err != nil {
		return sent, err
	}
	if sent.locale, err = rest.IDIn[kb.LocaleID](one, "kb_locale_id"); err != nil {
		return sent, err
	}
	if err := one.SetNullText(&sent.title, "title", maxTitle); err != nil {
		return sent, err
	}
	if one.Has("title") && one.Blank("title") {
		return sent, rest.Invalid("title", "Translations title can't be blank")
	}
	if html, ok := text(one); ok {
		body, isText := rest.TextOf(html)
		if !isText {
			return sent, rest.InvalidParam("body", html)
		}
		clean, _ := richtext.Sanitize(rest.Cut(body, maxBody), richtext.Options{})
		sent.text = &clean
	}
	return sent, nil
}

// noText, bodyIn and footerIn find the text of a translation.
func noText(rest.Params) (any, bool) { return nil, false }

func bodyIn(one rest.Params) (any, bool) {
	content, _ := one.Object("content_attributes")
	body, sent := content["body"]
	return body, sent
}

func footerIn(one rest.Params) (any, bool) {
	note, sent := one["footer_note"]
	return note, sent
}

// keep stores an answer or a category with what a client says about it in some languages. A new one
// needs a name in one of them.
func keep[T any, ID ~int64](ctx context.Context, tx *store.Store, v *visit, p rest.Params, records *table.Of[T, ID],
	names *knowledge.Translations, record *T, text func(rest.Params) (any, bool),
) error {
	all, err := translationsSent(p, text)
	if err != nil {
		return err
	}
	switch {
	case records.ID(*record) != 0:
		err = records.Save(ctx, tx.DB, record, v.who.User.ID)
	case len(all) == 0:
		err = rest.Invalid("translations", "Translations can't be blank")
	default:
		err = records.Insert(ctx, tx.DB, record, v.who.User.ID)
	}
	if err != nil {
		return err
	}
	return v.translate(ctx, tx, names, int64(records.ID(*record)), all)
}

// translate stores what a client says in some languages about something new or known.
func (v *visit) translate(ctx context.Context, tx *store.Store, kind *knowledge.Translations, owner int64, all []said) error {
	known, err := kind.Of(ctx, tx.DB, owner)
	if err != nil {
		return err
	}
	changed := make([]kb.Translation, 0, len(all))
	for _, sent := range all {
		t, err := v.merge(kind, known, sent)
		if err != nil {
			return err
		}
		changed = append(changed, t)
	}
	if kind == knowledge.AnswerTranslations {
		if err := keepBodies(ctx, tx, all, changed); err != nil {
			return err
		}
	}
	return kind.Put(ctx, tx.DB, owner, changed, v.who.User.ID)
}

// merge makes of what is known in a language and what is said a whole translation.
func (v *visit) merge(kind *knowledge.Translations, known []kb.Translation, sent said) (kb.Translation, error) {
	locale, err := v.locale(sent.locale)
	if err != nil {
		return kb.Translation{}, err
	}
	t := kb.Translation{LocaleID: locale}
	at := slices.IndexFunc(known, func(k kb.Translation) bool {
		return sent.id != 0 && k.ID == sent.id || sent.id == 0 && k.LocaleID == locale
	})
	switch {
	case at >= 0:
		t = known[at]
	case sent.id != 0:
		return t, kind.Refuse(sent.id)
	case sent.title == nil:
		return t, rest.Invalid("title", "Translations title can't be blank")
	}
	if sent.title != nil {
		t.Title = *sent.title
	}
	if sent.text != nil {
		t.Text = *sent.text
	}
	return t, nil
}

// locale is a language of this knowledge base: the primary one if none is named.
func (v *visit) locale(id kb.LocaleID) (kb.LocaleID, error) {
	for _, known := range v.tree.Locales {
		if known.ID == id || id == 0 && known.Primary {
			return known.ID, nil
		}
	}
	return 0, rest.Invalid("kb_locale_id", "Invalid value for param 'kb_locale_id': %d", id)
}

// keepBodies keeps the bodies of translations of which only something else changes.
func keepBodies(ctx context.Context, tx *store.Store, all []said, changed []kb.Translation) error {
	var unsaid []kb.TranslationID
	for i, sent := range all {
		if sent.text == nil && changed[i].ID != 0 {
			unsaid = append(unsaid, changed[i].ID)
		}
	}
	if len(unsaid) == 0 {
		return nil
	}
	bodies, err := tx.KBBodies(ctx, unsaid)
	for i, sent := range all {
		if sent.text == nil {
			changed[i].Text = bodies[changed[i].ID]
		}
	}
	return err
}
