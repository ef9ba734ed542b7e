package personal

import (
	"context"
	"maps"
	"slices"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/directory"
)

// visible are those of some records that somebody may be shown.
type visible struct {
	tickets       map[desk.TicketID]desk.Ticket
	articles      map[desk.ArticleID]desk.Article // in no ticket but those
	users         map[desk.UserID]bool
	organizations map[desk.OrganizationID]bool
}

// see looks records up, all at once, and leaves out what the caller may not see.
func (s *Room) see(ctx context.Context, who *desk.Caller, n named) (visible, error) {
	v := visible{users: map[desk.UserID]bool{}}
	var err error
	if v.articles, err = s.Store.ArticlesByID(ctx, idsOf[desk.ArticleID](n, desk.ObjectArticle)); err != nil {
		return v, err
	}
	tickets := idsOf[desk.TicketID](n, desk.ObjectTicket)
	for _, article := range v.articles {
		tickets = append(tickets, article.TicketID)
	}
	if v.tickets, err = s.Store.TicketsByID(ctx, tickets); err != nil {
		return v, err
	}
	users, err := s.Store.Users(ctx, idsOf[desk.UserID](n, classUser))
	if err != nil {
		return v, err
	}
	for id, user := range users {
		v.users[id] = people.MaySeeUser(who, user)
	}
	if v.organizations, err = directory.Organizations.Existing(ctx, s.Store.DB, idsOf[desk.OrganizationID](n, classOrganization)); err != nil {
		return v, err
	}
	access := who.TicketAccess()
	maps.DeleteFunc(v.organizations, func(id desk.OrganizationID, _ bool) bool { return !people.MaySeeOrganization(who, id) })
	maps.DeleteFunc(v.tickets, func(_ desk.TicketID, t desk.Ticket) bool { return access.MayShow(t) != nil })
	maps.DeleteFunc(v.articles, func(_ desk.ArticleID, a desk.Article) bool {
		ticket, there := v.tickets[a.TicketID]
		return !there || a.Internal && access.MayReadAsAgent(ticket) != nil
	})
	return v, nil
}

// has reports whether a record is among them.
func (v visible) has(class string, id int64) bool {
	switch class {
	case desk.ObjectTicket:
		_, there := v.tickets[desk.TicketID(id)]
		return there
	case desk.ObjectArticle:
		_, there := v.articles[desk.ArticleID(id)]
		return there
	case classUser:
		return v.users[desk.UserID(id)]
	case classOrganization:
		return v.organizations[desk.OrganizationID(id)]
	}
	return false
}

// addTo adds them to assets, with what they refer to and who else is named.
func (s *Room) addTo(ctx context.Context, who *desk.Caller, assets *rest.Record, v visible, authors ...desk.UserID) error {
	for id, seen := range v.users {
		if seen {
			authors = append(authors, id)
		}
	}
	tickets := make([]desk.Ticket, 0, len(v.tickets))
	for _, id := range slices.Sorted(maps.Keys(v.tickets)) {
		tickets = append(tickets, v.tickets[id])
	}
	shown, err := s.shown.Assets(ctx, who, tickets, authors...)
	if err != nil {
		return err
	}
	*assets = append(*assets, shown...)
	own := rest.Set[desk.OrganizationID]{}
	if shown.Get("Organization") == nil { // else those of the tickets' people are there
		own.Add(slices.Collect(maps.Keys(v.organizations))...)
	}
	return s.people.AddOrganizations(ctx, who, assets, own)
}
