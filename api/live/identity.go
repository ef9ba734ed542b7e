package live

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/personal"
)

// claim takes what a page says it is let in by: the badge in the cookie of its session, or a token.
func (c *socket) claim(top rest.Params) {
	c.badge, c.header = "", ""
	if badge := top.Text("session_id"); badge != "" {
		c.badge = badge
	} else if token := top.Text("token"); token != "" {
		c.header = "Token token=" + token
	}
	c.from.Claimed = c.badge != "" || c.header != ""
}

// tokenOf is the Authorization header of a program that shows a token. A password is none: it would
// have to be checked with every frame.
func tokenOf(r *http.Request) string {
	header := r.Header.Get("Authorization")
	if scheme, _, _ := strings.Cut(header, " "); strings.EqualFold(scheme, "Token") || strings.EqualFold(scheme, "Bearer") {
		return header
	}
	return ""
}

// identify finds out who the page belongs to at this moment, and makes it known in the database. Who
// was signed out meanwhile is nobody.
func (c *socket) identify(ctx context.Context) error {
	var who *desk.Caller
	if c.from.Claimed {
		var err error
		if who, err = c.room.recognise(ctx, c.badge, c.header); err != nil {
			return err
		}
	}
	same := owner(c.from.Who) == owner(who)
	c.from.Who = who
	if c.known && same {
		return nil
	}
	if !c.known {
		if err := c.room.Store.AddPushClient(ctx, c.from.Page); err != nil {
			return err
		}
		c.known = true
		if err := c.room.Live.Hold(ctx, c.from.Page); err != nil || who == nil {
			return err
		}
	}
	page := personal.PushClient{}
	if who != nil {
		page.UserID = &who.User.ID
	}
	return c.room.Store.SetPushClient(ctx, c.from.Page, page)
}

func owner(who *desk.Caller) desk.UserID {
	if who == nil {
		return 0
	}
	return who.User.ID
}
