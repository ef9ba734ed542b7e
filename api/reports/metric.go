package reports

import (
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/reports"
)

// metric is a diagram: some lines that are shown together.
type metric struct {
	name     string
	display  string
	standard bool // is shown first
	prio     int  // the higher the further up
	lines    []line
}

// line is what clients call a backend: one number for each slot of time.
type line struct {
	name     string
	display  string
	selected bool   // is shown unless somebody hides it
	adapter  string // of the original; clients show it nowhere
	kind     reports.Kind
	less     bool     // backlog: of the tickets created those closed are taken off, and what is left goes on
	types    []string // of the articles, or of the first one
	sender   desk.SenderID
}

// listed reports whether it can be said which tickets were counted.
func (l line) listed() bool { return !l.less && l.kind != reports.Written }

const (
	byTime    = "Report::TicketGenericTime"
	byArticle = "Report::ArticleByTypeSender"
)

// metrics are all there are, in the order in which they are shown.
func metrics() []metric {
	return []metric{
		{name: "count", display: "Ticket Count", standard: true, prio: 10_000, lines: []line{
			{name: "created", display: "Created", selected: true, adapter: byTime, kind: reports.Created},
			{name: "closed", display: "Closed", selected: true, adapter: byTime, kind: reports.Closed},
			{name: "backlog", display: "Backlog", selected: true, adapter: "Report::TicketBacklog", less: true},
			{name: "first_solution", display: "First Solution", adapter: "Report::TicketFirstSolution", kind: reports.FirstSolution},
			{name: "reopened", display: "Reopened", adapter: "Report::TicketReopened", kind: reports.Reopened},
			{name: "movedin", display: "Moved in", adapter: "Report::TicketMoved", kind: reports.MovedIn},
			{name: "movedout", display: "Moved out", adapter: "Report::TicketMoved", kind: reports.MovedOut},
			{name: "merged", display: "Merged", adapter: "Report::TicketMerged", kind: reports.Merged},
		}},
		{name: "create_channels", display: "Create Channels", prio: 9000, lines: channels(byTime, reports.Created)},
		{name: "communication", display: "Communication", prio: 8000, lines: channels(byArticle, reports.Written)},
	}
}

// channels are the ways in which people talk, each in and out.
func channels(adapter string, kind reports.Kind) []line {
	const in, out = desk.SenderCustomer, desk.SenderAgent
	var lines []line
	for _, way := range []struct {
		name, display string
		sender        desk.SenderID
		types         []string
	}{
		{"phone_in", "Phone (in)", in, []string{"phone"}},
		{"phone_out", "Phone (out)", out, []string{"phone"}},
		{"email_in", "Email (in)", in, []string{"email"}},
		{"email_out", "Email (out)", out, []string{"email"}},
		{"web_in", "Web (in)", in, []string{"web"}},
		{"twitter_in", "Twitter (in)", in, []string{"twitter status", "twitter direct-message"}},
		{"twitter_out", "Twitter (out)", out, []string{"twitter status", "twitter direct-message"}},
		{"chat_in", "Chat (in)", in, []string{"chat"}},
		{"sms_in", "SMS (in)", in, []string{"sms"}},
		{"sms_out", "SMS (out)", out, []string{"sms"}},
		{"telegram_in", "Telegram (in)", in, []string{"telegram personal-message"}},
		{"telegram_out", "Telegram (out)", out, []string{"telegram personal-message"}},
		{"whatsapp_in", "WhatsApp (in)", in, []string{"whatsapp message"}},
		{"whatsapp_out", "WhatsApp (out)", out, []string{"whatsapp message"}},
	} {
		known := len(lines) < 5 // what most helpdesks have
		lines = append(lines, line{
			name: way.name, display: way.display, selected: known, adapter: adapter, kind: kind, types: way.types, sender: way.sender,
		})
	}
	return lines
}

// metricIn finds the metric that is asked for.
func metricIn(p rest.Params) (metric, error) {
	all := metrics()
	i := slices.IndexFunc(all, func(m metric) bool { return m.name == p.Text("metric") })
	if i < 0 {
		return metric{}, rest.Invalid("metric", "Could not find metric %s", rest.Cut(p.Text("metric"), 100))
	}
	return all[i], nil
}

// lineIn finds the line whose tickets are asked for.
func (m metric) lineIn(p rest.Params) (line, error) {
	const key = "downloadBackendSelected"
	if p.Blank(key) {
		return line{}, rest.Invalid(key, "No such %s param", key)
	}
	i := slices.IndexFunc(m.lines, func(l line) bool { return l.name == p.Text(key) })
	if i < 0 {
		return line{}, rest.InvalidParam(key, p[key])
	}
	return m.lines[i], nil
}

func (m metric) record() rest.Record {
	lines := make([]rest.Record, len(m.lines))
	for i, l := range m.lines {
		lines[i] = rest.Record{
			{"name", l.name}, {"display", l.display}, {"selected", l.selected},
			{"dataDownload", l.listed()}, {"adapter", l.adapter},
		}
	}
	shown := rest.Record{{"name", m.name}, {"display", m.display}}
	if m.standard {
		shown = shown.With("default", true)
	}
	return shown.With("prio", m.prio).With("backend", lines)
}
