package tickets

import (
	"context"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/sla"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// promise is an SLA of the catalog, made ready to be looked at for every ticket.
type promise struct {
	sla.Promise
	condition *rules.Condition // nil: it is for tickets that no other is for
	unusable  bool             // its condition can't be read any more: it is for no ticket
	rowOnly   bool             // the ticket and its state tell whether the condition holds
}

// readyPromises leaves out those whose calendar can't be used: no time passes by it.
func readyPromises(c *desk.Catalog) []promise {
	attributes := rules.TicketAttributes(c)
	calendars := map[desk.CalendarID]*sla.Calendar{}
	var all []promise
	for _, v := range c.SLAs {
		if v.CalendarID == nil {
			continue
		}
		stored := c.Calendars[*v.CalendarID]
		calendar, known := calendars[stored.ID]
		if !known {
			calendar, _ = sla.NewCalendar(stored) // nil where it can't be used
			calendars[stored.ID] = calendar
		}
		if calendar == nil {
			continue
		}
		p := promise{Promise: sla.Promise{SLA: v, Calendar: calendar, CalendarUpdatedAt: stored.UpdatedAt}}
		if len(v.Condition) > 0 {
			condition, err := rules.ReadCondition(any(v.Condition), attributes)
			p.condition, p.unusable = condition, err != nil
			p.rowOnly = err == nil && !slices.ContainsFunc(condition.Names(), beyondRow)
		}
		all = append(all, p)
	}
	return all
}

// beyondRow reports whether an attribute is more than a column of the ticket or of its state.
func beyondRow(name string) bool {
	relation, attribute, _ := strings.Cut(name, ".")
	switch relation {
	case "ticket_state":
		return false
	case "ticket":
		return slices.Contains([]string{"tags", "mention_user_ids", "out_of_office_replacement_id", "action"}, attribute)
	}
	return true
}

func (p *promise) blank() bool { return p.condition == nil && !p.unusable }

// bind makes the condition ready to be asked now; nil: it holds for no ticket.
func (p *promise) bind(context rules.Context) *rules.Bound {
	if p.unusable {
		return nil
	}
	bound, err := p.condition.Bind(context)
	if err != nil {
		return nil // it asks for who is signed in, and nobody is
	}
	return bound
}

func promiseContext(c *desk.Catalog, now time.Time) rules.Context {
	return rules.Context{Now: now, Zone: c.Settings.Zone()}
}

// choosing is how promises are chosen for some tickets at one time.
type choosing struct {
	catalog  *desk.Catalog
	promises []promise
	bound    []*rules.Bound
	// asked says for each ticket which promises hold that only the database can tell of.
	asked map[desk.TicketID][]bool
}

// promisesOf returns the promises of a catalog. They are made ready once for each catalog.
func (s Keeper) promisesOf(c *desk.Catalog) []promise {
	if len(c.SLAs) == 0 {
		return nil
	}
	return pg.Made(s.DB, c, readyPromises)
}

func (s Keeper) choosing(c *desk.Catalog, now time.Time) *choosing {
	ch := &choosing{catalog: c, promises: s.promisesOf(c)}
	context := promiseContext(c, now)
	for i := range ch.promises {
		var bound *rules.Bound
		if p := &ch.promises[i]; !p.blank() {
			bound = p.bind(context)
		}
		ch.bound = append(ch.bound, bound)
	}
	return ch
}

// of returns the promise for a ticket; nil: there is none. It reports false when the database has
// to be asked first.
func (ch *choosing) of(t *desk.Ticket) (chosen *sla.Promise, certain bool) {
	var facts *rules.Facts
	certain = true
	found := sla.Select(len(ch.promises), func(i int) bool { return ch.promises[i].blank() }, func(i int) bool {
		switch {
		case !certain || ch.bound[i] == nil:
			return false
		case ch.promises[i].rowOnly:
			if facts == nil {
				facts = &rules.Facts{One: map[string]rules.Row{
					"ticket": rules.TicketRow(*t, ch.catalog), "ticket_state": rules.StateRow(ch.catalog.States[t.StateID]),
				}}
			}
			return ch.bound[i].Matches(facts)
		case ch.asked == nil:
			certain = false
			return false
		}
		holds := ch.asked[t.ID]
		return len(holds) > i && holds[i]
	})
	if found < 0 || !certain {
		return nil, certain
	}
	return &ch.promises[found].Promise, true
}

// ask has the database tell for which of the tickets the conditions hold that say more than their
// rows.
func (ch *choosing) ask(ctx context.Context, s *pg.DB, ids []desk.TicketID) error {
	var args pg.Args
	statement := rules.Statement{Add: args.Add, Custom: table.CustomColumn}
	holds := make([]string, len(ch.promises))
	for i, bound := range ch.bound {
		holds[i] = "false"
		if bound != nil && !ch.promises[i].rowOnly {
			holds[i] = "coalesce(" + bound.SQL(statement) + ", false)"
		}
	}
	asked, err := pg.Keyed[desk.TicketID](ctx, s, "promises", `
		SELECT t.id, ARRAY[`+strings.Join(holds, ", ")+`]
		FROM tickets t
		WHERE t.id = ANY(`+args.Add(ids)+`)`, pg.Whole[[]bool], args.Planned()...)
	ch.asked = asked
	return err
}
