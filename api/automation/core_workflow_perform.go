package automation

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/forms"
	"postroom/internal/store/catalog"
	"postroom/internal/store/directory"
)

// filledForm is a form as somebody has filled it in so far.
type filledForm struct {
	in     *rest.Input
	object string
	screen string
	id     int64       // of the record; 0: a new one
	sent   rest.Params // what is filled in
}

// performWorkflows tells a client what the form that it shows has to look like.
func (s *Room) performWorkflows(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	f := filledForm{in: in, object: in.Params.Text("class_name"), screen: in.Params.Text("screen")}
	if in.Params.Has("params") {
		sent, ok := in.Params.Object("params")
		if !ok {
			return rest.InvalidParam("params", in.Params["params"])
		}
		f.sent = sent
	}
	if id, ok := rest.NumberOf(f.sent["id"]); ok && id > 0 { // clients call new ones c-1 and the like
		f.id = id
	}
	outline, owners, err := s.outline(r.Context(), f)
	if err != nil {
		return err
	}
	assets := rest.Record{}
	people := rest.Set[desk.UserID]{}
	people.Add(owners...)
	if err := s.people.AddPeople(r.Context(), in.Who, &assets, people, rest.Set[desk.OrganizationID]{}); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, outlineRecord(in.Params["request_id"], outline).With("assets", assets))
}

// outline works out what the form looks like. Of a ticket it also tells who may be its owner.
func (s *Room) outline(ctx context.Context, f filledForm) (forms.Outline, []desk.UserID, error) {
	if f.object == "Ticket" {
		return s.ticketOutline(ctx, f)
	}
	before, err := s.recordValues(ctx, f)
	if err != nil {
		return forms.Outline{}, nil, err
	}
	form := forms.Form{Object: f.object, Screen: f.screen, Catalog: f.in.Catalog, Who: f.in.Who, Now: time.Now()}
	return form.Outline(before, over(before, f.sent), nil), nil, nil
}

// recordValues are those of a record that is not a ticket; nil for a new one. Customers fill in no
// such forms.
func (s *Room) recordValues(ctx context.Context, f filledForm) (forms.Values, error) {
	if !slices.Contains([]string{"User", "Organization", "Group"}, f.object) {
		return nil, rest.InvalidParam("class_name", f.in.Params["class_name"])
	}
	if !f.in.Who.Can("ticket.agent") {
		return nil, &desk.ForbiddenError{}
	}
	if f.id == 0 {
		return nil, nil
	}
	switch f.object {
	case "User":
		v, err := s.Store.User(ctx, desk.UserID(f.id))
		return forms.UserValues(v, f.in.Catalog), err
	case "Organization":
		v, err := directory.Organizations.Get(ctx, s.Store.DB, desk.OrganizationID(f.id))
		return forms.OrganizationValues(v, f.in.Catalog), err
	}
	v, err := catalog.Groups.Get(ctx, s.Store.DB, desk.GroupID(f.id))
	return forms.GroupValues(v, f.in.Catalog), err
}

// over lays what is filled in over what a record has.
func over(before forms.Values, sent rest.Params) forms.Values {
	after := maps.Clone(before)
	if after == nil {
		after = forms.Values{}
	}
	for name, value := range sent {
		after[name] = value
	}
	return after
}

// ownersOffered is how many users are offered as owners.
const ownersOffered = 1000

func (s *Room) ticketOutline(ctx context.Context, f filledForm) (forms.Outline, []desk.UserID, error) {
	who, c := f.in.Who, f.in.Catalog
	access := who.TicketAccess()
	var stored desk.Ticket
	var before forms.Values
	if f.id != 0 {
		var err error
		if stored, err = s.Store.Ticket(ctx, desk.TicketID(f.id)); err != nil {
			return forms.Outline{}, nil, err
		}
		if err := access.MayShow(stored); err != nil {
			return forms.Outline{}, nil, err
		}
		before = forms.TicketValues(stored, c)
	}
	ticket := ticketFilledIn(stored, f.sent)
	asAgent := access.Agent && (f.id == 0 || access.MayChangeAsAgent(stored) == nil)
	var owners []desk.UserID
	if asAgent && ticket.GroupID != 0 {
		var err error
		if owners, err = s.Store.OwnersIn(ctx, ticket.GroupID, ownersOffered); err != nil {
			return forms.Outline{}, nil, err
		}
	}
	related, err := s.related(ctx, f, ticket, asAgent)
	if err != nil {
		return forms.Outline{}, nil, err
	}
	rules := forms.Ticket{Who: who, Access: access, AsAgent: asAgent, Creating: f.id == 0, Related: related}
	form := rules.Form(ticket, c, time.Now())
	if f.screen != "" {
		form.Screen = f.screen
	}
	choices := map[string][]string{
		"group_id": idTexts(slices.Sorted(maps.Keys(c.Groups))), "state_id": idTexts(slices.Sorted(maps.Keys(c.States))),
		"priority_id": idTexts(slices.Sorted(maps.Keys(c.Priorities))), "owner_id": idTexts(owners),
	}
	form.Offers["owner_id"] = func(value string) bool { return slices.Contains(choices["owner_id"], value) }
	return form.Outline(before, over(before, f.sent), choices), owners, nil
}

// ticketFilledIn is a ticket as far as it decides about its own form.
func ticketFilledIn(stored desk.Ticket, sent rest.Params) desk.Ticket {
	ticket := stored
	fill(&ticket.GroupID, sent, "group_id")
	fill(&ticket.StateID, sent, "state_id")
	fill(&ticket.PriorityID, sent, "priority_id")
	fill(&ticket.CustomerID, sent, "customer_id")
	return ticket
}

// fill takes an id, or none, if one is filled in.
func fill[T ~int64](dst *T, sent rest.Params, key string) {
	if sent.Has(key) {
		id, _ := rest.NumberOf(sent[key])
		*dst = T(id)
	}
}

// related are the customer and the organization, if a workflow asks for them. A customer's form is
// about the customer.
func (s *Room) related(ctx context.Context, f filledForm, ticket desk.Ticket, asAgent bool) (map[string]forms.Values, error) {
	related, asked := map[string]forms.Values{}, forms.Relations("Ticket", f.in.Catalog)
	if !slices.Contains(asked, "customer") && !slices.Contains(asked, "organization") {
		return related, nil
	}
	customer := f.in.Who.User
	if asAgent {
		found, err := s.Store.Users(ctx, []desk.UserID{ticket.CustomerID})
		if err != nil {
			return nil, err
		}
		customer = found[ticket.CustomerID]
	}
	related["customer"] = forms.UserValues(customer, f.in.Catalog)
	organization := ticket.OrganizationID
	if organization == nil {
		organization = customer.OrganizationID
	}
	if organization == nil {
		return related, nil
	}
	v, err := directory.Organizations.Get(ctx, s.Store.DB, *organization)
	related["organization"] = forms.OrganizationValues(v, f.in.Catalog)
	return related, err
}

func idTexts[T ~int64](ids []T) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(int64(id), 10)
	}
	return texts
}

// outlineRecord shows a form the way clients draw it: a list for each thing that can be said of a field.
func outlineRecord(request any, o forms.Outline) rest.Record {
	offered, visible, mandatory, readOnly := rest.Record{}, rest.Record{}, rest.Record{}, rest.Record{}
	selected, filled := rest.Record{}, rest.Record{}
	for _, field := range o.Fields {
		visible.Add(field.Name, field.Visibility)
		mandatory.Add(field.Name, field.Required)
		readOnly.Add(field.Name, field.ReadOnly)
		if field.Limited {
			offered.Add(field.Name, append([]string{""}, field.Choices...))
		}
		values, is := o.Filled[field.Name]
		switch {
		case is && field.Limited:
			selected.Add(field.Name, values)
		case is:
			filled.Add(field.Name, values)
		}
	}
	return rest.Record{
		{"request_id", request}, {"restrict_values", offered}, {"visibility", visible}, {"mandatory", mandatory}, {"readonly", readOnly},
		{"select", selected}, {"fill_in", filled}, {"eval", []string{}}, {"matched_workflows", o.Matched}, {"rerun_count", o.Again},
	}
}
