package translation

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

// Lengths in characters. That of a source is what an index holds in any script.
const (
	maxSource = 500
	maxTarget = 3000
)

var (
	empty desk.Translation
	done  = rest.Record{{"message", "ok"}}
)

func (s *Room) translations() *rest.Resource[desk.Translation, desk.TranslationID] {
	return &rest.Resource[desk.Translation, desk.TranslationID]{
		House:    s.House,
		Table:    library.Translations,
		View:     s.view,
		Sortable: []string{"locale", "source", "target"},
		Read: func(_ context.Context, _ *store.Store, in *rest.Input, v *desk.Translation) error {
			return read(in, v)
		},
	}
}

func (s *Room) view(*desk.Caller) rest.View[desk.Translation] {
	shown := rest.ViewOf(s.House, library.Translations)
	shown.Records = rest.Each(recordOf)
	return shown
}

// recordOf shows a translation. None was shipped, so none has another text to go back to.
func recordOf(v desk.Translation) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"locale", v.Locale}, {"source", v.Source}, {"target", v.Target}, {"target_initial", ""},
		{"is_synchronized_from_codebase", false}, {"synchronized_from_translation_file", (*string)(nil)},
	}.Stamped(v.Stamp)
}

func read(in *rest.Input, v *desk.Translation) error {
	in.Text(&v.Locale, "locale", rest.MaxName)
	in.Text(&v.Source, "source", maxSource)
	in.Text(&v.Target, "target", maxTarget)
	v.Locale = strings.ToLower(strings.TrimSpace(v.Locale))
	return in.Err
}

// showLanguage answers with all texts of a language, shortly: front ends ask before anybody is signed in.
func (s *Room) showLanguage(w http.ResponseWriter, r *http.Request) error {
	found, err := s.into(r, nil)
	if err != nil {
		return err
	}
	list := make([][]any, len(found))
	for i, v := range found {
		list[i] = []any{v.ID, v.Source, v.Target}
	}
	return rest.Reply(w, r, rest.Record{{"total", len(list)}, {"list", list}})
}

func (s *Room) search(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	found, err := s.into(r, rest.WordsOf(p))
	if err != nil {
		return err
	}
	items := make([]rest.Record, len(found))
	for i, v := range found {
		items[i] = recordOf(v)
	}
	return rest.Reply(w, r, rest.Record{{"items", items}, {"total_count", len(items)}})
}

// into are the translations into the language of the path.
func (s *Room) into(r *http.Request, words []string) ([]desk.Translation, error) {
	locale := strings.ToLower(desk.Plain(r.PathValue("locale")))
	return s.Store.TranslationsInto(r.Context(), locale, words)
}

// put stores a translation in place of the one that its text had.
func (s *Room) put(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var v desk.Translation
	if err := read(in, &v); err != nil {
		return err
	}
	if err := s.Store.PutTranslation(r.Context(), &v, in.Who.User.ID); err != nil {
		return err
	}
	return s.translations().Saved(w, r, in.Params, http.StatusOK, v.ID)
}

func (s *Room) forgetAll(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.ForgetTranslations(r.Context()); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, done)
}

// sync has nothing to fetch: front ends bring their texts along.
func (s *Room) sync(w http.ResponseWriter, _ *http.Request) error {
	return rest.WriteJSON(w, http.StatusOK, done)
}

// refusePush: what is typed in here leaves the house with nobody's knowledge otherwise.
func (s *Room) refusePush(http.ResponseWriter, *http.Request) error {
	return rest.Invalid("locale", "Translations can't be sent to anybody: they stay in this installation.")
}
