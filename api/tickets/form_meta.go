package tickets

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
)

// screenBulk is the form in which agents change many tickets of an overview at once.
const screenBulk = "overview_bulk"

var formMetaSample = rest.Record{{"assets", rest.Record{}}, {"form_meta", rest.Record{
	{"filter", rest.Record{}}, {"dependencies", rest.Record{}}, {"configure_attributes", rest.Record{}}, {"core_workflow", rest.Record{}},
}}}

// showCreateForm tells what the form of a new ticket offers to the caller.
func (s *Room) showCreateForm(w http.ResponseWriter, r *http.Request) error {
	return s.showFormMeta(w, r, true)
}

// showBulkForm tells what the form for many tickets offers to the caller.
func (s *Room) showBulkForm(w http.ResponseWriter, r *http.Request) error {
	return s.showFormMeta(w, r, false)
}

func (s *Room) showFormMeta(w http.ResponseWriter, r *http.Request, creating bool) error {
	ctx, who := r.Context(), rest.Caller(r)
	c, err := s.Catalog(r)
	if err != nil {
		return err
	}
	access := who.TicketAccess()
	rules := forms.Ticket{Who: who, Access: access, AsAgent: access.Agent, Creating: creating}
	form := rules.Form(desk.Ticket{}, c, time.Now())
	if !creating {
		form.Screen = screenBulk
	}
	choices := choicesIn(c)
	outline := form.Outline(nil, forms.Values{}, choices)
	filter, groups := rest.Record{}, rest.Set[desk.GroupID]{}
	for _, field := range outline.Fields {
		if _, listed := choices[field.Name]; !listed || !field.Limited {
			continue
		}
		ids := make([]int64, len(field.Choices))
		for i, choice := range field.Choices {
			ids[i], _ = strconv.ParseInt(choice, 10, 64) // they were made of numbers above
			if field.Name == "group_id" {
				groups.Add(desk.GroupID(ids[i]))
			}
		}
		filter.Add(field.Name, ids)
	}
	filter.Add("type_id", newTicketWays(access.Agent))
	assets := rest.Record{}
	if err := s.people.AddGroups(ctx, who, &assets, groups, c); err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"assets", assets}, {"form_meta", metaRecord(filter, outline)}})
}

// ticketFormMeta tells what the form of a ticket offers to somebody who works on it.
func (s *Room) ticketFormMeta(ctx context.Context, who *desk.Caller, ticket desk.Ticket) (rest.Record, error) {
	c, err := s.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	access := who.TicketAccess()
	rules := forms.Ticket{Who: who, Access: access, AsAgent: access.MayChangeAsAgent(ticket) == nil, MayOwn: true}
	if rules.Related, err = (&ticketParams{store: s.Store, catalog: c}).related(ctx, ticket); err != nil {
		return nil, err
	}
	now := forms.TicketValues(ticket, c)
	outline := rules.Form(ticket, c, time.Now()).Outline(now, now, choicesIn(c))
	return metaRecord(rest.Record{{"type_id", waysToAnswer(ticket, c)}}, outline), nil
}

// waysToAnswer are the types of article that agents are offered: by mail only where the group has an
// address to send from.
func waysToAnswer(ticket desk.Ticket, c *desk.Catalog) []desk.ArticleTypeID {
	ways := []desk.ArticleTypeID{desk.ArticleNote, desk.ArticlePhone}
	if c.Groups[ticket.GroupID].EmailAddressID != nil {
		ways = append(ways, desk.ArticleEmail)
	}
	return ways
}

// choicesIn are the records that fields of a ticket can refer to, as texts of their ids.
func choicesIn(c *desk.Catalog) map[string][]string {
	return map[string][]string{
		"group_id": idTexts(c.Groups), "state_id": idTexts(c.States), "priority_id": idTexts(c.Priorities),
	}
}

func metaRecord(filter rest.Record, o forms.Outline) rest.Record {
	return rest.Record{
		{"filter", filter}, {"dependencies", rest.Record{}}, {"configure_attributes", rest.Record{}}, {"core_workflow", lookRecord(o)},
	}
}

// newTicketWays are the types of the first article that are offered.
func newTicketWays(agent bool) []desk.ArticleTypeID {
	if agent {
		return []desk.ArticleTypeID{desk.ArticleNote, desk.ArticlePhone, desk.ArticleEmail}
	}
	return []desk.ArticleTypeID{desk.ArticleNote, desk.ArticleWeb}
}

// lookRecord shows how the fields of a form look: a list for each thing that can be said of a field.
func lookRecord(o forms.Outline) rest.Record {
	offered, visible, mandatory, readOnly := rest.Record{}, rest.Record{}, rest.Record{}, rest.Record{}
	for _, field := range o.Fields {
		visible.Add(field.Name, field.Visibility)
		mandatory.Add(field.Name, field.Required)
		readOnly.Add(field.Name, field.ReadOnly)
		if field.Limited {
			offered.Add(field.Name, append([]string{""}, field.Choices...))
		}
	}
	return rest.Record{{"restrict_values", offered}, {"visibility", visible}, {"mandatory", mandatory}, {"readonly", readOnly}}
}

func idTexts[ID ~int64, V any](all map[ID]V) []string {
	var texts []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		texts = append(texts, strconv.FormatInt(int64(id), 10))
	}
	return texts
}
