package firststeps

import (
	"html"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// testTitle is what the sample customer writes about.
const testTitle = "Test Ticket!"

// makeTestTicket makes a ticket of the sample customer, so that whoever asks sees how one looks and
// where it can be found.
func (s *Room) makeTestTicket(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	customer, group, can, err := s.sample(ctx)
	if err != nil {
		return err
	}
	if !can {
		return rest.Invalid("customer_id", "A test ticket needs the customer '%s' and the group 'Users'.", sampleCustomer)
	}
	author, err := s.Store.CallerByID(ctx, customer.ID)
	if err != nil {
		return err
	}
	name := who.User.FullName()
	if name == "" {
		name = who.User.Login
	}
	ticket, err := s.tickets.Make(ctx, &rest.Input{Catalog: catalog, Who: &author, Params: rest.Params{
		"group": group.Name, "title": testTitle,
		"article": map[string]any{"type": "web", "content_type": "text/html", "body": greet(name)},
	}})
	if err != nil {
		return err
	}
	if ticket, err = s.Store.Ticket(ctx, ticket.ID); err != nil {
		return err
	}
	assets, err := s.shown.Assets(ctx, who, []desk.Ticket{ticket})
	if err != nil {
		return err
	}
	overview, err := s.unassigned(r)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"overview", overview}, {"ticket_id", ticket.ID}, {"assets", assets}})
}

func greet(name string) string {
	return "<p>Dear " + html.EscapeString(name) + ",</p>" +
		"<p>this is a <b>test ticket</b>. I am a <b>customer</b> who needs some help!</p>"
}

// unassigned is the overview in which the caller finds new tickets: the shipped one, or the first.
func (s *Room) unassigned(r *http.Request) (rest.Record, error) {
	overviews, err := s.Store.OverviewsOf(r.Context(), rest.Caller(r))
	found := rest.Record{}
	for _, o := range overviews {
		if len(found) == 0 || o.Link == "all_unassigned" {
			found = rest.Record{{"id", o.ID}, {"name", o.Name}, {"link", o.Link}, {"prio", o.Prio}}
		}
	}
	return found, err
}
