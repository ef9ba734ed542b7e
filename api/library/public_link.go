package library

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

func (s *Room) publicLinks() *rest.Resource[workspace.PublicLink, workspace.PublicLinkID] {
	return &rest.Resource[workspace.PublicLink, workspace.PublicLinkID]{
		House:    s.House,
		Table:    library.PublicLinks,
		View:     s.publicLinkView,
		Sortable: []string{"link", "title", "description", "new_tab", "prio"},
		Choice:   func(v workspace.PublicLink) (string, bool) { return v.Title, true },
		Found:    rest.NewestFirst,
		Fresh:    func() workspace.PublicLink { return workspace.PublicLink{NewTab: true} },
		Read:     readPublicLink,
	}
}

// publicLinkView shows links to everybody, but to those who are not known no names of those who made
// them.
func (s *Room) publicLinkView(who *desk.Caller) rest.View[workspace.PublicLink] {
	shown := rest.ViewOf(s.House, library.PublicLinks)
	shown.Records = rest.Each(func(v workspace.PublicLink) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"link", v.Link}, {"title", v.Title}, {"description", v.Description}, {"screen", v.Screen},
			{"new_tab", v.NewTab}, {"prio", v.Prio},
		}.Stamped(v.Stamp)
	})
	if who == nil {
		shown.Expand = nil
	}
	return shown
}

const (
	maxLink      = 500
	maxLinkTitle = 200
)

func readPublicLink(ctx context.Context, tx *store.Store, in *rest.Input, v *workspace.PublicLink) error {
	in.Text(&v.Link, "link", maxLink)
	v.Link = strings.TrimSpace(v.Link)
	in.Text(&v.Title, "title", maxLinkTitle)
	in.NullText(&v.Description, "description", maxLinkTitle)
	in.Flag(&v.NewTab, "new_tab")
	if in.Params.Has("screen") {
		v.Screen = rest.Texts(in.Params, "screen")
	}
	if err := readPrio(ctx, tx, in, &v.Prio, library.PublicLinks, v.ID); err != nil {
		return err
	}
	return in.Err
}

func (s *Room) orderPublicLinks(w http.ResponseWriter, r *http.Request) error {
	return order(s.House, w, r, library.PublicLinks)
}
