package firststeps

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/installation"
)

// sampleCustomer is the customer whom every new installation has.
const sampleCustomer = "nicole.braun@zammad.org"

// enoughAgents are those that there are once somebody was invited: the administrator and two colleagues.
const enoughAgents = 3

// list answers with what there is to do, and what of it is done.
func (s *Room) list(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	if !who.Can("ticket.agent", "admin") {
		return rest.Reply(w, r, []rest.Record{})
	}
	done, err := s.Store.FirstSteps(ctx, sampleCustomer)
	if err != nil {
		return err
	}
	_, _, canTest, err := s.sample(ctx)
	if err != nil {
		return err
	}
	if who.Can("admin") {
		return rest.Reply(w, r, forAdmins(done, canTest))
	}
	return rest.Reply(w, r, []rest.Record{
		{{"name", "How to use it"}, {"items", append(tryOut(done, canTest), step("Invite customers to create issues in Zammad", done.Customers, "#", "js-inviteCustomer"))}},
	})
}

func forAdmins(done installation.FirstSteps, canTest bool) []rest.Record {
	return []rest.Record{
		{{"name", "Configuration"}, {"items", []rest.Record{
			step("Branding", true, "#settings/branding", ""),
			step("Your Email Configuration", done.Email, "#channels/email", ""),
			step("Invite agents/colleagues to help working on tickets", done.Agents >= enoughAgents, "#", "js-inviteAgent"),
			step("Invite customers to create issues in Zammad", done.Customers, "#", "js-inviteCustomer"),
		}}},
		{{"name", "How to use it"}, {"items", append(tryOut(done, canTest),
			step("Create Overviews", done.Overviews, "#manage/overviews", ""),
			step("Create Text Modules", done.TextModules, "#manage/text_modules", ""),
		)}},
		{{"name", "Additional Channels"}, {"items", []rest.Record{
			step("Telegram", done.Telegram, "#channels/telegram", ""),
			step("SMS", done.SMS, "#channels/sms", ""),
			step("Online Forms", done.Form, "#channels/form", ""),
		}}},
	}
}

// tryOut is what everybody who works here begins with. A test ticket needs its customer and group.
func tryOut(done installation.FirstSteps, canTest bool) []rest.Record {
	steps := []rest.Record{step("Intro", true, "#clues", "")}
	if canTest {
		steps = append(steps, step("Create a Test Ticket", done.TestTicket, "#test_ticket", "js-testTicket"))
	}
	return steps
}

func step(name string, checked bool, location, class string) rest.Record {
	r := rest.Record{{"name", name}, {"checked", checked}, {"location", location}}
	if class != "" {
		r.Add("class", class)
	}
	return r
}

// sample is the customer in whose name a test ticket is made, and the group that gets it.
func (s *Room) sample(ctx context.Context) (*desk.User, desk.Group, bool, error) {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, desk.Group{}, false, err
	}
	customer, err := s.Store.UserToMail(ctx, sampleCustomer)
	if err != nil || customer == nil {
		return nil, desk.Group{}, false, err
	}
	for _, group := range catalog.Groups {
		if group.Name == "Users" && group.Active {
			return customer, group, true, nil
		}
	}
	return nil, desk.Group{}, false, nil
}
