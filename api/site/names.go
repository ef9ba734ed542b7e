package site

import (
	"context"

	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
)

// names are what a knowledge base and its categories are called in the language of a visit.
type names struct {
	base       kb.Translation
	categories map[kb.CategoryID]string
}

func (s *Room) names(ctx context.Context, v *visit) (names, error) {
	n := names{categories: map[kb.CategoryID]string{}}
	bases, err := knowledge.BaseTranslations.Of(ctx, s.Store.DB, int64(v.tree.Base.ID))
	if err != nil {
		return n, err
	}
	for _, t := range bases {
		if t.LocaleID == v.locale.ID {
			n.base = t
		}
	}
	ids := make([]int64, 0, len(v.tree.Categories))
	for id := range v.tree.Categories {
		ids = append(ids, int64(id))
	}
	categories, err := knowledge.CategoryTranslations.Of(ctx, s.Store.DB, ids...)
	for _, t := range categories {
		if t.LocaleID == v.locale.ID {
			n.categories[kb.CategoryID(t.OwnerID)] = t.Title
		}
	}
	return n, err
}

// mostTitles bounds how many answers pages list.
const mostTitles = 10_000

// shelf is what there is to read in a language: the answers of each category, and the categories with
// something in them or further in.
type shelf struct {
	names   names
	answers map[kb.CategoryID][]knowledge.KBTitle
	filled  map[kb.CategoryID]bool
}

// shelf looks up what a list shows of a knowledge base.
func (s *Room) shelf(ctx context.Context, v *visit, list knowledge.KBList) (shelf, error) {
	all := shelf{answers: map[kb.CategoryID][]knowledge.KBTitle{}, filled: map[kb.CategoryID]bool{}}
	var err error
	if all.names, err = s.names(ctx, v); err != nil {
		return all, err
	}
	list.Shelves, list.Locales, list.Limit = v.shelves(), []kb.LocaleID{v.locale.ID}, mostTitles
	titles, err := s.Store.KBTitles(ctx, list)
	if err != nil {
		return all, err
	}
	for _, t := range titles {
		all.answers[t.CategoryID] = append(all.answers[t.CategoryID], t)
		for _, c := range v.tree.Up(t.CategoryID) {
			all.filled[c.ID] = true
		}
	}
	return all, nil
}

// groups are links to those categories in another one that have something to read in them.
func (v *visit) groups(all shelf, parent *kb.CategoryID) []link {
	var links []link
	for _, c := range v.tree.Children(parent) {
		if title := all.names.categories[c.ID]; all.filled[c.ID] && title != "" {
			links = append(links, link{Title: title, URL: v.here(slug(c.ID, title))})
		}
	}
	return links
}

// above are links to the categories that one is in, the outermost first; itself is the last.
func (v *visit) above(n names, id kb.CategoryID) []link {
	var links []link
	for _, c := range v.tree.Up(id) {
		title := n.categories[c.ID]
		links = append([]link{{Title: title, URL: v.here(slug(c.ID, title))}}, links...)
	}
	return links
}

func (v *visit) answerLinks(n names, titles []knowledge.KBTitle) []link {
	var links []link
	for _, t := range titles {
		links = append(links, link{Title: t.Title, URL: v.here(slug(t.CategoryID, n.categories[t.CategoryID]), slug(t.ID, t.Title))})
	}
	return links
}

// languages are links to the same page in the other languages of a knowledge base, by parts that are
// the same in all of them.
func (v *visit) languages(in func(kb.LocaleID) bool, parts ...string) []link {
	var links []link
	for _, l := range v.tree.Locales {
		if name := l.SystemLocaleID.Locale(); l.ID != v.locale.ID && in(l.ID) {
			links = append(links, link{Title: name, URL: v.address(name, parts...), Lang: name})
		}
	}
	return links
}

func everywhere(kb.LocaleID) bool { return true }
