package intake

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
)

// The shapes in which monitoring systems write what happened.
var (
	monitoredFact    = regexp.MustCompile(`(?i)(Service|Host|State|Address|Date/Time|Additional\sInfo|Info|Action|Description):(.+?)(?:\n|$)`)
	stateInBody      = regexp.MustCompile(`\sis\s(.+?)!`)
	stateInSubject   = regexp.MustCompile(`(?i)(?:on|Host)\s.+?\sis\s(.+?)!`)
	serviceInBody    = regexp.MustCompile(`\sService\s(.+?)\s`)
	recoveredInBody  = regexp.MustCompile(`\s(?:done|recovery|succeeded|bytes\sok|packets\sok)\s`)
	recoveredMessage = regexp.MustCompile(`instance\schanged\snot|Link\sup|Exists|Saturation\sok|Speed\sok`)
)

// monitoring is the filter of a system that reports on hosts and services: one ticket for each that
// is down, closed when it is up again.
func monitoring(system string) func(context.Context, *store.Store, *mail) error {
	return func(ctx context.Context, tx *store.Store, m *mail) error {
		if !m.monitoredBy(system) {
			return nil
		}
		facts := monitoredFacts(m.Subject, asText(m.ContentType, m.Body))
		host, service := facts["host"], (*string)(nil)
		if host == "" {
			return nil
		}
		if name, given := facts["service"]; given {
			service = &name
		}
		c := m.catalog
		open, err := tx.MonitoredTickets(ctx, system, host, service, c.StatesOf(desk.OpenTypes), 1)
		if err != nil {
			return err
		}
		recovered := rules.MatchesMail(facts["state"], cmp.Or(c.Settings.String(system+"_recovery_match"), desk.RecoveredState))
		if len(open) > 0 {
			m.ticket = &open[0]
			if recovered && c.Settings.Bool(system+"_auto_close") {
				m.attributes["ticket-followup-state"] = c.States[desk.StateID(c.Settings.Int(system+"_auto_close_state_id"))].Name
			}
			return nil
		}
		if m.ticket == nil {
			m.preferences = map[string]any{system: facts}
		}
		ignored := c.Settings.String(system + "_ignore_match")
		if recovered || ignored != "" && rules.MatchesMail(facts["state"], ignored) {
			m.ignore = true
		}
		return nil
	}
}

// monitoredBy reports whether a monitoring system wrote the mail.
func (m *mail) monitoredBy(system string) bool {
	settings := m.catalog.Settings
	if !settings.Bool(system + "_integration") {
		return false
	}
	sender := settings.String(system + "_sender")
	if sender == "" || strings.TrimSpace(m.From) == "" || strings.TrimSpace(m.Body) == "" {
		return false
	}
	return rules.ContainsMail(m.From, sender) || rules.MatchesMail(m.From, sender)
}

// maxMonitored bounds a fact of a monitoring system, in characters: it becomes part of the ticket.
const maxMonitored = 1000

// monitoredFacts reads what a monitoring system says. Some say it in prose.
func monitoredFacts(subject, body string) map[string]string {
	facts := map[string]string{}
	for _, fact := range monitoredFact.FindAllStringSubmatch(body, -1) {
		facts[strings.ToLower(fact[1])] = desk.Cut(clean(strings.TrimSpace(fact[2])), maxMonitored)
	}
	if facts["host"] == "" {
		return nil
	}
	if facts["state"] == "" {
		facts["state"] = stateInProse(subject, body)
	}
	if found := serviceInBody.FindStringSubmatch(body); facts["service"] == "" && found != nil {
		facts["service"] = desk.Cut(clean(found[1]), maxMonitored)
	}
	return facts
}

func stateInProse(subject, body string) string {
	for _, look := range []struct {
		shape *regexp.Regexp
		text  string
	}{{stateInBody, body}, {stateInSubject, subject}} {
		if found := look.shape.FindStringSubmatch(look.text); found != nil {
			return desk.Cut(clean(found[1]), maxMonitored)
		}
	}
	recovered := slices.ContainsFunc([]*regexp.Regexp{recoveredInBody, recoveredMessage}, func(shape *regexp.Regexp) bool {
		return shape.MatchString(body)
	})
	if recovered {
		return "OK"
	}
	return "CRITICAL"
}
