package site

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
)

// feedShown is how many answers a feed has: those that were changed last.
const feedShown = 50

// atomFeed is a feed as RFC 4287 has it.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Published string      `xml:"published,omitempty"`
	Updated   string      `xml:"updated"`
	Link      atomLink    `xml:"link"`
	Content   atomContent `xml:"content"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Body string `xml:",chardata"`
}

// sendPublicFeed sends the feed of a public knowledge base, or of a category of it.
func (s *Room) sendPublicFeed(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(r)
	if err != nil {
		return err
	}
	if err := v.in(r.PathValue("locale")); err != nil {
		return err
	}
	var within kb.CategoryID
	if name := r.PathValue("category"); name != "" {
		if within, err = idIn[kb.CategoryID](name); err != nil {
			return err
		}
	}
	v.who, v.token = nil, "" // the same for everybody: readers keep feeds where others read them
	return s.answerFeed(w, r, v, within, func(t knowledge.KBTitle, n names) string {
		return v.here(slug(t.CategoryID, n.categories[t.CategoryID]), slug(t.ID, t.Title))
	})
}

// sendFeed sends the feed of a knowledge base, or of a category of it, to whoever may read it: by
// signing in, or with a token for feeds.
func (s *Room) sendFeed(w http.ResponseWriter, r *http.Request) error {
	v, err := s.subscriber(r)
	if err != nil {
		return err
	}
	base, category := "id", ""
	if r.PathValue("knowledge_base_id") != "" {
		base, category = "knowledge_base_id", "id"
	}
	id, err := rest.PathID[kb.BaseID](r, base, knowledge.Bases.Class)
	if err != nil {
		return err
	}
	if v.tree, err = s.Store.KBTree(r.Context(), id); err != nil {
		return err
	}
	if err := v.in(r.PathValue("locale")); err != nil {
		return err
	}
	var within kb.CategoryID
	if category != "" {
		if within, err = rest.PathID[kb.CategoryID](r, category, knowledge.Categories.Class); err != nil {
			return err
		}
	}
	return s.answerFeed(w, r, v, within, func(t knowledge.KBTitle, _ names) string {
		return fmt.Sprintf("/#knowledge_base/%d/locale/%s/answer/%d", id, v.locale.SystemLocaleID.Locale(), t.ID)
	})
}

// subscriber is who asks for a feed of what is not public.
func (s *Room) subscriber(r *http.Request) (*visit, error) {
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	v := &visit{who: rest.Caller(r), catalog: catalog}
	if token := r.URL.Query().Get(feedParam); v.who == nil && token != "" {
		owner, err := s.Store.KBFeedOwner(r.Context(), credential.HashToken(token))
		if v.who, err = s.callerOf(r.Context(), owner, err); err != nil {
			return nil, err
		}
	}
	if v.who == nil || !v.who.Can("knowledge_base.*") || !catalog.Settings.Bool("kb_active") {
		return nil, desk.ErrForbidden
	}
	return v, nil
}

// feedShelves are the categories of which a feed has answers: what is published, and for readers what
// is internal. Drafts are nobody's news.
func (v *visit) feedShelves(within kb.CategoryID) knowledge.Shelves {
	shelves := knowledge.Shelves{}
	for id := range v.tree.Categories {
		if within != 0 && !v.tree.Within(id, within) {
			continue
		}
		access := min(v.tree.Shows(v.who, id, v.open), kb.Reader)
		shelves[access] = append(shelves[access], id)
	}
	return shelves
}

// answerFeed answers with a feed. at says where a reader is led.
func (s *Room) answerFeed(w http.ResponseWriter, r *http.Request, v *visit, within kb.CategoryID, at func(knowledge.KBTitle, names) string) error {
	n, err := s.names(r.Context(), v)
	if err != nil {
		return err
	}
	if _, known := v.tree.Categories[within]; within != 0 && (!known || n.categories[within] == "" || v.tree.Shows(v.who, within, v.open) == kb.None) {
		return errNoPage
	}
	titles, err := s.Store.KBTitles(r.Context(), knowledge.KBList{
		Shelves: v.feedShelves(within), Locales: []kb.LocaleID{v.locale.ID}, Bodies: true, Newest: true, Limit: feedShown,
	})
	if err != nil {
		return err
	}
	site := v.catalog.Settings.String("http_type") + "://" + v.catalog.Settings.String("fqdn")
	feed := atomFeed{
		Lang: v.locale.SystemLocaleID.Locale(), ID: site + r.URL.Path, Title: n.base.Title, Author: n.base.Title,
		Links: []atomLink{{Rel: "self", Href: site + r.URL.Path}}, Updated: v.tree.Base.UpdatedAt.UTC().Format(time.RFC3339),
	}
	if within != 0 {
		feed.Title = n.categories[within] + " – " + n.base.Title
	}
	for i, t := range titles {
		if changed := t.ChangedAt.UTC().Format(time.RFC3339); i == 0 {
			feed.Updated = changed
		}
		feed.Entries = append(feed.Entries, entry(site, site+at(t, n), t))
	}
	body, err := xml.Marshal(feed)
	if err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	send(w, r, feedType+"; charset=utf-8", append([]byte(xml.Header), body...))
	return nil
}

func entry(site, href string, t knowledge.KBTitle) atomEntry {
	e := atomEntry{
		ID: fmt.Sprintf("%s/help/answers/%d/%d", site, t.ID, t.TranslationID), Title: t.Title, Updated: t.ChangedAt.UTC().Format(time.RFC3339),
		Link: atomLink{Href: href}, Content: atomContent{"html", t.Body},
	}
	if t.PublishedAt != nil {
		e.Published = t.PublishedAt.UTC().Format(time.RFC3339)
	}
	return e
}

// showFeedToken answers with the token by which the caller's feeds are read. The first time it is made.
func (s *Room) showFeedToken(w http.ResponseWriter, r *http.Request) error {
	token, err := s.Store.KBFeedToken(r.Context(), rest.Caller(r).User.ID)
	if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return err
	}
	if token == "" {
		return s.renewFeedToken(w, r)
	}
	return rest.WriteSecret(w, http.StatusOK, rest.Record{{"token", token}})
}

// renewFeedToken gives the caller another one: who knew the one before reads no more.
func (s *Room) renewFeedToken(w http.ResponseWriter, r *http.Request) error {
	token := credential.NewToken()
	if err := s.Store.SetKBFeedToken(r.Context(), rest.Caller(r).User.ID, token, credential.HashToken(token)); err != nil {
		return err
	}
	return rest.WriteSecret(w, http.StatusOK, rest.Record{{"token", token}})
}
