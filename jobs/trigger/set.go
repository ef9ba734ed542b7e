package trigger

import (
	"encoding/json"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/perform"
	"postroom/internal/rules"
)

// set is all active triggers, in the order in which they act, and what has to be known of a ticket
// before any of them can be judged.
type set struct {
	catalog *desk.Catalog
	action  []rule
	time    []rule
	needs   needs
}

// rule is a trigger that is ready to be judged.
type rule struct {
	desk.Trigger
	condition *rules.Condition
	answers   bool // it writes to the customer or to whoever wrote
}

// needs says which records conditions ask about.
type needs struct {
	customer, owner, organization, article, tags, subscribers, standIns, accounted, calendars, user bool
}

// compile reads the triggers of a catalog. Those that can't be read match nothing, and are reported.
func compile(c *desk.Catalog, unusable func(desk.Trigger, error)) *set {
	s := &set{catalog: c}
	attributes := rules.TicketAttributes(c).WithWorkingTime()
	for _, t := range c.Triggers {
		condition, err := rules.ReadCondition(t.Condition, attributes)
		if err != nil {
			unusable(t, err)
			continue
		}
		s.needs.add(condition.Names(), t)
		r := rule{Trigger: t, condition: condition, answers: answers(t.Perform)}
		if t.Activator == desk.ActivatorTime {
			s.time = append(s.time, r)
		} else {
			s.action = append(s.action, r)
		}
	}
	return s
}

// concern reports whether there are triggers for an event at all.
func (s *set) concern(e desk.TicketEvent) bool {
	if e.ByTime() {
		return len(s.time) > 0
	}
	return len(s.action) > 0
}

func (n *needs) add(names []string, t desk.Trigger) {
	for _, name := range names {
		relation, own, _ := strings.Cut(name, ".")
		switch relation {
		case "customer":
			n.customer = true
		case "owner":
			n.owner = true
		case "organization":
			n.organization = true
		case "article":
			n.article = true
			n.accounted = n.accounted || own == "time_accounting"
		case "execution_time":
			n.calendars = true
		case "ticket":
			n.tags = n.tags || own == "tags"
			n.subscribers = n.subscribers || own == "mention_user_ids"
			n.standIns = n.standIns || own == "out_of_office_replacement_id"
		}
	}
	for _, part := range []map[string]any{t.Condition, t.Perform} {
		if text, err := json.Marshal(part); err == nil && strings.Contains(string(text), `"current_user.`) {
			n.user = true
		}
	}
}

// answers reports whether a trigger writes a mail to the customer or to whoever wrote last: not
// where a machine wrote.
func answers(actions map[string]any) bool {
	mail, _ := actions["notification.email"].(map[string]any)
	named := func(word any) bool { return word == perform.Customer || word == perform.LastSender }
	if list, many := mail["recipient"].([]any); many {
		return slices.ContainsFunc(list, named)
	}
	return named(mail["recipient"])
}
