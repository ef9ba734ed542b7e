package collab

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/collab"
	"postroom/internal/store/directory"
)

// timeReport is one way to look at the time that was spent in a month.
type timeReport struct {
	name  string
	title string
	read  func(s *store.Store, ctx context.Context, month collab.Month, limit int) ([]collab.TimeBooked, error)
	// sample is what a line looks like.
	sample rest.Record
	// line shows one line.
	line func(booked collab.TimeBooked, f *timeFacts) rest.Record
	// columns and cells are for who downloads the report.
	columns []string
	cells   func(booked collab.TimeBooked, f *timeFacts) []any
}

var timeReports = []timeReport{
	{
		name: "by_activity", title: "By Activity", read: (*store.Store).TimeByActivity,
		sample: rest.Record{{"ticket", rest.Record{}}, {"time_unit", ""}, {"type", ""}, {"customer", ""}, {"organization", ""}, {"agent", ""}, {"created_at", time.Time{}}},
		line: func(b collab.TimeBooked, f *timeFacts) rest.Record {
			return rest.Record{
				{"ticket", f.ticket(b)}, {"time_unit", rest.Decimal(b.TimeUnit)}, {"type", orDash(b.Type)},
				{"customer", f.customer(b)}, {"organization", f.organization(b)}, {"agent", f.agent(b)}, {"created_at", b.CreatedAt},
			}
		},
		columns: []string{"Ticket#", "Title", "Customer", "Organization", "Agent", "Time Units", "Activity Type", "Created at"},
		cells: func(b collab.TimeBooked, f *timeFacts) []any {
			return append(f.cells(b), orDash(b.Type), b.CreatedAt.UTC())
		},
	},
	{
		name: "by_ticket", title: "By Ticket", read: (*store.Store).TimeByTicket,
		sample: rest.Record{{"ticket", rest.Record{}}, {"time_unit", ""}, {"customer", ""}, {"organization", ""}, {"agent", ""}},
		line: func(b collab.TimeBooked, f *timeFacts) rest.Record {
			return rest.Record{
				{"ticket", f.ticket(b)}, {"time_unit", rest.Decimal(b.TimeUnit)},
				{"customer", f.customer(b)}, {"organization", f.organization(b)}, {"agent", f.agent(b)},
			}
		},
		columns: []string{"Ticket#", "Title", "Customer", "Organization", "Agent", "Time Units", "Time Units Total", "Created at", "Closed at"},
		cells: func(b collab.TimeBooked, f *timeFacts) []any {
			t := f.tickets[*b.TicketID]
			total := any("")
			if t.TimeUnit != nil {
				total = numberCell(*t.TimeUnit)
			}
			return append(f.cells(b), total, t.CreatedAt.UTC(), timeCell(t.CloseAt))
		},
	},
	{
		name: "by_customer", title: "By Customer", read: (*store.Store).TimeByCustomer,
		sample: rest.Record{{"customer", rest.Record{}}, {"organization", nil}, {"time_unit", ""}}, // some have none
		line: func(b collab.TimeBooked, f *timeFacts) rest.Record {
			return rest.Record{{"customer", f.shown("User", b.CustomerID)}, {"organization", f.shownOrganization(b)}, {"time_unit", rest.Decimal(b.TimeUnit)}}
		},
		columns: []string{"Customer", "Organization", "Time Units"},
		cells: func(b collab.TimeBooked, f *timeFacts) []any {
			return []any{f.customer(b), f.organization(b), numberCell(b.TimeUnit)}
		},
	},
	{
		name: "by_organization", title: "By Organization", read: (*store.Store).TimeByOrganization,
		sample: rest.Record{{"organization", rest.Record{}}, {"time_unit", ""}},
		line: func(b collab.TimeBooked, f *timeFacts) rest.Record {
			return rest.Record{{"organization", f.shownOrganization(b)}, {"time_unit", rest.Decimal(b.TimeUnit)}}
		},
		columns: []string{"Organization", "Time Units"},
		cells: func(b collab.TimeBooked, f *timeFacts) []any {
			return []any{f.organization(b), numberCell(b.TimeUnit)}
		},
	},
}

// mostLines bounds a report.
const mostLines = 20_000

// showTimeReport answers with a report of a month, as JSON or as a file for a spreadsheet.
func (s *Room) showTimeReport(report timeReport) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		p, err := rest.ReadParams(r)
		if err != nil {
			return err
		}
		month, err := monthIn(r)
		if err != nil {
			return err
		}
		limit, err := limitIn(p, mostLines, mostLines)
		if err != nil {
			return err
		}
		lines, err := report.read(s.Store, ctx, month, limit)
		if err != nil {
			return err
		}
		facts, err := s.timeFacts(ctx, rest.Caller(r), lines)
		if err != nil {
			return err
		}
		if p.Flag("download") {
			return writeSheet(w, report, month, lines, facts)
		}
		shown := make([]rest.Record, len(lines))
		for i, line := range lines {
			shown[i] = report.line(line, facts)
		}
		return rest.Reply(w, r, shown)
	}
}

// monthIn reads which month a path names. Months are those of UTC.
func monthIn(r *http.Request) (collab.Month, error) {
	first, err := time.Parse("2006-1-2", r.PathValue("year")+"-"+r.PathValue("month")+"-1")
	if err != nil {
		return collab.Month{}, rest.Invalid("month", "Invalid month '%s-%s'.", rest.Cut(r.PathValue("year"), 10), rest.Cut(r.PathValue("month"), 10))
	}
	return collab.Month{First: first, Next: first.AddDate(0, 1, 0)}, nil
}

// timeFacts is what the ids in a report stand for.
type timeFacts struct {
	room    *Room
	tickets map[desk.TicketID]desk.Ticket
	people  map[desk.UserID]string
	names   directory.Names
	assets  rest.Record // of people and organizations, for reports that show them whole
}

// timeFacts looks up a whole report at once.
func (s *Room) timeFacts(ctx context.Context, who *desk.Caller, lines []collab.TimeBooked) (*timeFacts, error) {
	tickets, users, organizations := rest.Set[desk.TicketID]{}, rest.Set[desk.UserID]{}, rest.Set[desk.OrganizationID]{}
	whole := rest.Set[desk.UserID]{}
	for _, line := range lines {
		addTo(tickets, line.TicketID)
		addTo(users, line.CustomerID)
		addTo(users, line.AgentID)
		addTo(organizations, line.OrganizationID)
		if line.TicketID == nil {
			addTo(whole, line.CustomerID)
		}
	}
	f := &timeFacts{room: s, people: map[desk.UserID]string{}}
	var err error
	if f.tickets, err = s.Store.TicketsByID(ctx, tickets.Values()); err != nil {
		return nil, err
	}
	found, err := s.Store.Users(ctx, users.Values())
	if err != nil {
		return nil, err
	}
	for id, user := range found {
		f.people[id] = user.FullName()
	}
	if f.names, err = s.Store.NamesOf(ctx, nil, organizations.Values()); err != nil || len(tickets) > 0 {
		return f, err
	}
	if err := s.people.AddPeople(ctx, who, &f.assets, whole, rest.Set[desk.OrganizationID]{}); err != nil {
		return nil, err
	}
	return f, s.people.AddOrganizations(ctx, who, &f.assets, organizations)
}

func addTo[T comparable](set rest.Set[T], id *T) {
	if id != nil {
		set.Add(*id)
	}
}

func (f *timeFacts) ticket(b collab.TimeBooked) rest.Record {
	t := f.tickets[*b.TicketID]
	return f.room.shown.Columns(&t)
}

func (f *timeFacts) customer(b collab.TimeBooked) string { return nameOr(b.CustomerID, f.people) }
func (f *timeFacts) agent(b collab.TimeBooked) string    { return nameOr(b.AgentID, f.people) }

func (f *timeFacts) organization(b collab.TimeBooked) string {
	return nameOr(b.OrganizationID, f.names.Organizations)
}

// cells are those that begin each line about a ticket.
func (f *timeFacts) cells(b collab.TimeBooked) []any {
	t := f.tickets[*b.TicketID]
	return []any{t.Number, t.Title, f.customer(b), f.organization(b), f.agent(b), numberCell(b.TimeUnit)}
}

func (f *timeFacts) shownOrganization(b collab.TimeBooked) any {
	if b.OrganizationID == nil {
		return nil
	}
	return f.assetOf("Organization", int64(*b.OrganizationID))
}

func (f *timeFacts) shown(model string, id *desk.UserID) any {
	if id == nil {
		return nil
	}
	return f.assetOf(model, int64(*id))
}

func (f *timeFacts) assetOf(model string, id int64) any {
	all, _ := f.assets.Get(model).(rest.Record)
	return all.Get(fmt.Sprint(id))
}

// nameOr shows what has no name as a dash.
func nameOr[T comparable](id *T, names map[T]string) string {
	if id == nil || names[*id] == "" {
		return "-"
	}
	return names[*id]
}

func orDash(text *string) string {
	if text == nil {
		return "-"
	}
	return *text
}
