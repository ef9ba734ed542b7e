package worklist

import (
	"context"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
	"postroom/internal/store/lookup"
)

// How many tickets the views beside a ticket show.
const (
	customerShown      = 15 // open, and as many closed
	relatedShown       = 6
	viewedBesideShown  = 8
	viewedLastShown    = 10
	monthLayout        = "January"
	statisticsIDsShown = 100
)

// showCustomerTickets shows the newest tickets of a customer.
func (s *Room) showCustomerTickets(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	customer, err := rest.IDIn[desk.UserID](in.Params, "customer_id")
	if err != nil {
		return err
	}
	if customer == 0 {
		return rest.Invalid("customer_id", "The required parameter 'customer_id' is missing.")
	}
	open, closed, err := s.openAndClosed(r.Context(), in, lookup.Of{Customer: customer}, customerShown)
	if err != nil {
		return err
	}
	assets, err := s.shown.Assets(r.Context(), in.Who, append(open, closed...))
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"ticket_ids_open", shown.IDs(open)}, {"ticket_ids_closed", shown.IDs(closed)}, {"assets", assets}})
}

// openAndClosed are the newest tickets of somebody that the caller may list.
func (s *Room) openAndClosed(ctx context.Context, in *rest.Input, of lookup.Of, limit int) (open, closed []desk.Ticket, err error) {
	of.Scope = in.Who.TicketAccess().Lists()
	of.States = in.Catalog.StatesOf(desk.OpenTypes)
	if open, err = s.Store.NewestTickets(ctx, of, limit); err != nil {
		return nil, nil, err
	}
	of.States = in.Catalog.StatesOf(desk.ClosedTypes)
	closed, err = s.Store.NewestTickets(ctx, of, limit)
	return open, closed, err
}

// showRelatedTickets shows what else the customer of a ticket wants, and what the caller looked at.
func (s *Room) showRelatedTickets(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[desk.TicketID](r, "ticket_id", "Ticket")
	if err != nil {
		return err
	}
	ticket, err := s.Store.Ticket(ctx, id)
	if err != nil {
		return err
	}
	access := in.Who.TicketAccess()
	if err := access.MayReadAsAgent(ticket); err != nil {
		return err
	}
	of := lookup.Of{Scope: access.Lists(), Customer: ticket.CustomerID, States: in.Catalog.StatesOf(desk.OpenTypes)}
	same, err := s.Store.NewestTickets(ctx, of, relatedShown+1)
	if err != nil {
		return err
	}
	viewed, err := s.Store.ViewedTickets(ctx, access.Lists(), in.Who.User.ID, viewedBesideShown+1)
	if err != nil {
		return err
	}
	same, viewed = others(same, id, relatedShown), others(viewed, id, viewedBesideShown)
	assets, err := s.shown.Assets(ctx, in.Who, append(same[:len(same):len(same)], viewed...))
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{
		{"assets", assets}, {"ticket_ids_by_customer", shown.IDs(same)}, {"ticket_ids_recent_viewed", shown.IDs(viewed)},
	})
}

// others are the first tickets besides one.
func others(tickets []desk.Ticket, but desk.TicketID, most int) []desk.Ticket {
	kept := []desk.Ticket{}
	for _, ticket := range tickets {
		if ticket.ID != but && len(kept) < most {
			kept = append(kept, ticket)
		}
	}
	return kept
}

// showRecentTickets shows what the caller looked at last.
func (s *Room) showRecentTickets(w http.ResponseWriter, r *http.Request) error {
	who := rest.Caller(r)
	viewed, err := s.Store.ViewedTickets(r.Context(), who.TicketAccess().Lists(), who.User.ID, viewedLastShown)
	if err != nil {
		return err
	}
	assets, err := s.shown.Assets(r.Context(), who, viewed)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"assets", assets}, {"ticket_ids_recent_viewed", shown.IDs(viewed)}})
}

// showStatistics counts the tickets of a user, of an organization, or of both.
func (s *Room) showStatistics(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	user, err := rest.IDIn[desk.UserID](in.Params, "user_id")
	if err != nil {
		return err
	}
	organization, err := rest.IDIn[desk.OrganizationID](in.Params, "organization_id")
	if err != nil {
		return err
	}
	if user == 0 && organization == 0 {
		return rest.Invalid("user_id", "Need user_id or organization_id as param")
	}
	answer, all := rest.Record{}, []desk.Ticket{}
	for _, part := range []struct {
		key string
		of  lookup.Of
	}{{"user", lookup.Of{Customer: user}}, {"organization", lookup.Of{Organization: organization}}} {
		if part.of.Customer == 0 && part.of.Organization == 0 {
			answer.Add(part.key, rest.Record{})
			continue
		}
		open, closed, err := s.openAndClosed(ctx, in, part.of, statisticsIDsShown)
		if err != nil {
			return err
		}
		part.of.Scope = in.Who.TicketAccess().Lists()
		volume, err := s.Store.TicketVolume(ctx, part.of, time.Now())
		if err != nil {
			return err
		}
		answer.Add(part.key, rest.Record{{"closed_ids", shown.IDs(closed)}, {"open_ids", shown.IDs(open)}, {"volume_by_year", volumeRecords(volume)}})
		all = append(append(all, open...), closed...)
	}
	assets, err := s.shown.Assets(ctx, in.Who, all)
	if err != nil {
		return err
	}
	answer.Add("assets", assets)
	return rest.Reply(w, r, answer)
}

func volumeRecords(volume []lookup.MonthVolume) []rest.Record {
	records := make([]rest.Record, len(volume))
	for i, v := range volume {
		records[i] = rest.Record{
			{"month", int(v.Month.UTC().Month())}, {"year", v.Month.UTC().Year()}, {"text", v.Month.UTC().Format(monthLayout)},
			{"created", v.Created}, {"closed", v.Closed},
		}
	}
	return records
}
