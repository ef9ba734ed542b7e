package site

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
)

// welcome leads to the first page in the reader's language.
func (s *Room) welcome(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r)
	if err != nil {
		return err
	}
	w.Header().Set("Vary", "Accept-Language")
	http.Redirect(w, r, v.address(v.preferred(r)), http.StatusFound)
	return nil
}

// read begins a request for a page in a language, with what a list shows in it.
func (s *Room) read(r *http.Request, list knowledge.KBList) (*visit, shelf, *page, error) {
	v, err := s.enter(r)
	if err != nil {
		return nil, shelf{}, nil, err
	}
	if err := v.in(r.PathValue("locale")); err != nil {
		return nil, shelf{}, nil, err
	}
	all, err := s.shelf(r.Context(), v, list)
	if err != nil {
		return nil, shelf{}, nil, err
	}
	menus, err := s.Store.KBMenuItems(r.Context(), v.tree.Base.ID)
	if err != nil {
		return nil, shelf{}, nil, err
	}
	return v, all, v.begin(all.names, menus), nil
}

func (s *Room) showHome(w http.ResponseWriter, r *http.Request) error {
	v, all, p, err := s.read(r, knowledge.KBList{})
	if err != nil {
		return err
	}
	p.Groups = v.groups(all, nil)
	p.Languages = v.languages(everywhere)
	return show(w, r, listPage, p)
}

func (s *Room) showCategory(w http.ResponseWriter, r *http.Request) error {
	v, all, p, err := s.read(r, knowledge.KBList{})
	if err != nil {
		return err
	}
	id, err := idIn[kb.CategoryID](r.PathValue("category"))
	if err != nil {
		return err
	}
	title := all.names.categories[id]
	if title == "" || !all.filled[id] && v.access(id) < kb.Editor {
		return errNoPage
	}
	p.Title, p.Above = title, v.above(all.names, id)
	p.Above = p.Above[:len(p.Above)-1]
	p.Groups, p.Answers = v.groups(all, &id), v.answerLinks(all.names, all.answers[id])
	p.Languages = v.languages(everywhere, rest.IDText(id))
	if p.Feed != "" {
		p.Feed = v.here(slug(id, title), "feed")
	}
	return show(w, r, listPage, p)
}

func (s *Room) showTag(w http.ResponseWriter, r *http.Request) error {
	tag := r.PathValue("tag")
	v, all, p, err := s.read(r, knowledge.KBList{Tag: tag})
	if err != nil {
		return err
	}
	for _, titles := range all.answers {
		p.Answers = append(p.Answers, v.answerLinks(all.names, titles)...)
	}
	if len(p.Answers) == 0 {
		return errNoPage
	}
	slices.SortFunc(p.Answers, func(a, b link) int { return cmp.Compare(a.Title, b.Title) })
	p.Title = "#" + tag
	p.Languages = v.languages(everywhere, "tag", tag)
	return show(w, r, listPage, p)
}

// showAnswer shows an answer to whom it is for.
func (s *Room) showAnswer(w http.ResponseWriter, r *http.Request) error {
	id, err := idIn[kb.AnswerID](r.PathValue("answer"))
	if err != nil {
		return err
	}
	v, all, p, err := s.read(r, knowledge.KBList{Answer: id, Bodies: true})
	if err != nil {
		return err
	}
	var found *knowledge.KBTitle
	for _, titles := range all.answers {
		found = &titles[0] // there is but one
	}
	if found == nil {
		return errNoPage
	}
	if err := s.addToAnswer(r, v, p, *found); err != nil {
		return err
	}
	p.Title, p.Changed, p.Above = found.Title, found.ChangedAt, v.above(all.names, found.CategoryID)
	p.Body = template.HTML(found.Body) // cleaned before it was stored
	if state := found.State(time.Now()); state != kb.Published {
		p.State = "Only editors see this page: the answer is " + map[string]string{
			kb.Draft: "a draft", kb.Internal: "internal", kb.Archived: "archived",
		}[state] + "."
	}
	return show(w, r, answerPage, p)
}

// addToAnswer adds what belongs to an answer: its files, tags and other languages.
func (s *Room) addToAnswer(r *http.Request, v *visit, p *page, t knowledge.KBTitle) error {
	ctx, id := r.Context(), int64(t.ID)
	files, err := s.Store.AttachmentsOf(ctx, desk.ObjectKBAnswer, id)
	if err != nil {
		return err
	}
	for _, f := range files {
		p.Files = append(p.Files, file{Name: f.Filename, URL: "/api/v1/attachments/" + rest.IDText(f.ID), Size: size(f.Size)})
	}
	tags, err := s.Store.TagsOf(ctx, desk.ObjectKBAnswer, id)
	if err != nil {
		return err
	}
	for _, tag := range tags[id] {
		p.Tags = append(p.Tags, link{Title: tag, URL: v.here("tag", tag)})
	}
	translations, err := knowledge.AnswerTranslations.Of(ctx, s.Store.DB, id)
	if err != nil {
		return err
	}
	p.Languages = v.languages(func(l kb.LocaleID) bool {
		return slices.ContainsFunc(translations, func(t kb.Translation) bool { return t.LocaleID == l })
	}, rest.IDText(t.CategoryID), rest.IDText(t.ID))
	return nil
}

func size(bytes int64) string {
	const kib, mib = 1 << 10, 1 << 20
	switch {
	case bytes < kib:
		return strconv.FormatInt(bytes, 10) + " B"
	case bytes < mib:
		return strconv.FormatInt(bytes/kib, 10) + " KiB"
	}
	return strconv.FormatInt(bytes/mib, 10) + " MiB"
}
