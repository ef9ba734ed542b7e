package knowledge

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
	"postroom/internal/store/table"
)

// What can be found, as clients know it.
const (
	answerIndex   = "KnowledgeBase::Answer::Translation"
	categoryIndex = "KnowledgeBase::Category::Translation"
)

// search looks through titles and bodies. It is for everybody: what is found depends on who asks.
func (s *Room) search(w http.ResponseWriter, r *http.Request) error {
	p, page, err := rest.ListParams(r, rest.SearchPages)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	result, details := []rest.Record{}, []rest.Record{}
	if catalog.Settings.Bool("kb_active") {
		trees, err := s.searched(r.Context(), p)
		if err != nil {
			return err
		}
		for _, tree := range trees {
			v := &visit{rest.Caller(r), tree}
			found, err := s.find(r.Context(), v, p, catalog.Settings.Bool("kb_active_publicly"), page)
			if err != nil {
				return err
			}
			for _, one := range found {
				result = append(result, rest.Record{{"id", one.ID}, {"type", index(one)}})
				details = append(details, v.detail(one, p.Text("flavor") == "public"))
			}
		}
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", result}, {"details", details}})
}

// searched are the knowledge bases that are looked through: the one that is named, or all.
func (s *Room) searched(ctx context.Context, p rest.Params) ([]*kb.Tree, error) {
	id, err := rest.IDIn[kb.BaseID](p, "knowledge_base_id")
	if err != nil {
		return nil, err
	}
	filter := table.Filter[kb.BaseID]{}
	if id != 0 {
		filter.IDs = []kb.BaseID{id}
	}
	bases, err := knowledge.Bases.List(ctx, s.Store.DB, filter, nil, table.Page{Limit: most})
	if err != nil {
		return nil, err
	}
	if id != 0 && len(bases) == 0 {
		return nil, &desk.MissingError{Class: knowledge.Bases.Class, ID: int64(id)}
	}
	trees := make([]*kb.Tree, len(bases))
	for i, base := range bases { // one, mostly
		if trees[i], err = s.Store.KBTree(ctx, base.ID); err != nil {
			return nil, err
		}
	}
	return trees, nil
}

func (s *Room) find(ctx context.Context, v *visit, p rest.Params, open bool, page table.Page) ([]knowledge.Found, error) {
	shelves := v.shelves(open)
	if p.Text("flavor") == "public" { // what the public site shows, whoever asks
		for _, level := range []kb.Access{kb.Reader, editor} {
			shelves[kb.Public] = append(shelves[kb.Public], shelves[level]...)
			delete(shelves, level)
		}
	}
	wanted := knowledge.Wanted{Words: rest.WordsOf(p), Shelves: shelves, Page: page, Locales: v.locales(p.Text("locale"))}
	in := p.Text("index")
	wanted.Answers, wanted.Titles = in == "" || in == answerIndex, in == "" || in == categoryIndex
	if len(wanted.Words) == 0 {
		return nil, nil
	}
	if wanted.Titles {
		answers, err := s.Store.KBAnswersOn(ctx, shelves)
		if err != nil {
			return nil, err
		}
		seen := scene{}
		seen.list(answers)
		wanted.Categories = idsOf(v.filled(seen.listed, shelves[editor]), knowledge.Categories.ID)
	}
	return s.Store.KBSearch(ctx, wanted)
}

// locales are the languages looked through: the one that is named, or all.
func (v *visit) locales(name string) []kb.LocaleID {
	var all []kb.LocaleID
	for _, locale := range v.tree.Locales {
		if name == "" || locale.SystemLocaleID == desk.LocaleNamed(name) {
			all = append(all, locale.ID)
		}
	}
	return all
}

func index(found knowledge.Found) string {
	if found.Answer {
		return answerIndex
	}
	return categoryIndex
}

// detail says where something is that was found, and what it begins with.
func (v *visit) detail(found knowledge.Found, public bool) rest.Record {
	const bodyShown = 300 // characters
	locale := ""
	for _, l := range v.tree.Locales {
		if l.ID == found.LocaleID {
			locale = l.SystemLocaleID.Locale()
		}
	}
	owner := "/" + rest.IDText(kb.AnswerID(found.OwnerID))
	icon, kind, help := "knowledge-base", "/category", owner
	if found.Answer {
		icon, kind, help = "knowledge-base-answer", "/answer", "/"+rest.IDText(found.CategoryID)+owner
	}
	url := "#knowledge_base/" + rest.IDText(v.tree.Base.ID) + "/locale/" + locale + kind + owner
	if public {
		url = "/help/" + locale + help
	}
	body := strings.TrimSpace(strings.TrimPrefix(found.Words, found.Title))
	return rest.Record{
		{"id", found.ID}, {"type", index(found)}, {"icon", icon}, {"date", found.UpdatedAt}, {"url", url},
		{"title", found.Title}, {"subtitle", nil}, {"body", rest.Cut(body, bodyShown)},
	}
}
