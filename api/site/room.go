// Package site shows knowledge bases to people without an account: as pages, and as feeds of what is new.
package site

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"golang.org/x/text/language"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
	"postroom/internal/store/table"
)

// Room answers requests of readers.
type Room struct{ *rest.House }

// New returns a Room of a house.
func New(house *rest.House) *Room { return &Room{house} }

// visit is somebody who reads a knowledge base in one language.
type visit struct {
	who     *desk.Caller // nil: nobody we know
	catalog *desk.Catalog
	tree    *kb.Tree
	locale  kb.Locale
	open    bool   // what is published is for everybody
	token   string // of a preview, to be handed on from page to page
}

var errNoPage = &rest.AnswerError{Status: http.StatusNotFound, Text: "This page doesn't exist."}

// enter begins a request for a page. Who comes with the token of a preview is whom it was given to.
func (s *Room) enter(r *http.Request) (*visit, error) {
	ctx := r.Context()
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	v := &visit{who: rest.Caller(r), catalog: catalog, open: catalog.Settings.Bool("kb_active_publicly"), token: r.URL.Query().Get(previewParam)}
	if v.token != "" {
		owner, err := s.Store.TokenOwner(ctx, knowledge.TokenKBPreview, credential.HashToken(v.token))
		if v.who, err = s.callerOf(ctx, owner, err); err != nil {
			return nil, err
		}
	}
	if !catalog.Settings.Bool("kb_active") || !v.open && (v.who == nil || !v.who.Can("knowledge_base.editor")) {
		return nil, errNoPage
	}
	bases, err := knowledge.Bases.List(ctx, s.Store.DB, table.Filter[kb.BaseID]{}, nil, table.Page{Limit: mostBases})
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(bases, func(base kb.Base) bool { return base.Active })
	if at < 0 {
		return nil, errNoPage
	}
	v.tree, err = s.Store.KBTree(ctx, bases[at].ID)
	return v, err
}

// mostBases is how many knowledge bases are looked at. One is usual.
const mostBases = 20

// callerOf is somebody as whom a token lets people read; nil: the token is none.
func (s *Room) callerOf(ctx context.Context, user desk.UserID, err error) (*desk.Caller, error) {
	if err == nil {
		var who desk.Caller
		if who, err = s.Store.CallerByID(ctx, user); err == nil {
			return &who, nil
		}
	}
	if errors.Is(err, desk.ErrNotFound) {
		return nil, nil
	}
	return nil, err
}

// in goes on with the language that a path names.
func (v *visit) in(name string) error {
	for _, locale := range v.tree.Locales {
		if locale.SystemLocaleID.Locale() == name {
			v.locale = locale
			return nil
		}
	}
	return errNoPage
}

// preferred is the language of the knowledge base that suits a browser best, else the primary one.
func (v *visit) preferred(r *http.Request) string {
	var tags []language.Tag
	for _, locale := range v.tree.Locales { // the primary one comes first
		tags = append(tags, language.Make(locale.SystemLocaleID.Locale()))
	}
	if len(tags) == 0 {
		return desk.DefaultLocale.Locale()
	}
	wanted, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		wanted = nil
	}
	_, at, sure := language.NewMatcher(tags).Match(wanted...)
	if sure == language.No {
		at = 0
	}
	return v.tree.Locales[at].SystemLocaleID.Locale()
}

// access is how much of a category is shown on pages: all of it to editors, what is published to
// everybody else.
func (v *visit) access(id kb.CategoryID) kb.Access {
	access := v.tree.Shows(v.who, id, v.open)
	if access == kb.Reader || access == kb.None && v.open {
		return kb.Public // who reads more elsewhere reads no less here
	}
	return access
}

// shelves are the categories of which answers are shown.
func (v *visit) shelves() knowledge.Shelves {
	shelves := knowledge.Shelves{}
	for id := range v.tree.Categories {
		access := v.access(id)
		shelves[access] = append(shelves[access], id)
	}
	return shelves
}
