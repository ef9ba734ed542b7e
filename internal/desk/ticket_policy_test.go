package desk_test

import (
	"errors"
	"testing"
	"time"

	"postroom/internal/desk"
)

var now = time.Date(2024, 3, 18, 12, 0, 0, 0, time.UTC)

// catalog holds what a fresh installation has, and groups with each follow-up rule.
func catalog() *desk.Catalog {
	week, tenMinutes := 7, 10
	return &desk.Catalog{
		Settings: desk.Settings{"ui_ticket_zoom_article_delete_timeframe": []byte(`600`)},
		Groups: map[desk.GroupID]desk.Group{
			1: {ID: 1, Name: "Users", FollowUpPossible: "yes", Active: true, AssignmentTimeout: &tenMinutes},
			2: {ID: 2, Name: "Sales", FollowUpPossible: "new_ticket", Active: true},
			3: {ID: 3, Name: "Support", FollowUpPossible: "new_ticket_after_certain_time", ReopenTimeInDays: &week, Active: true},
			4: {ID: 4, Name: "Gone", FollowUpPossible: "yes"},
		},
		StateTypes: map[desk.StateTypeID]string{1: "new", 2: "open", 3: "pending reminder", 4: "pending action", 5: "closed", 6: "merged"},
		States: map[desk.StateID]desk.State{
			1: {ID: 1, StateTypeID: 1, Name: "new", Active: true, DefaultCreate: true},
			2: {ID: 2, StateTypeID: 2, Name: "open", Active: true, DefaultFollowUp: true},
			3: {ID: 3, StateTypeID: 3, Name: "pending reminder", Active: true},
			4: {ID: 4, StateTypeID: 5, Name: "closed", Active: true},
			5: {ID: 5, StateTypeID: 6, Name: "merged", Active: true},
			6: {ID: 6, StateTypeID: 4, Name: "pending close", Active: true},
			7: {ID: 7, StateTypeID: 2, Name: "retired", Active: false},
		},
		Priorities: map[desk.PriorityID]desk.Priority{1: {ID: 1, Active: true}, 2: {ID: 2, Active: true, DefaultCreate: true}, 9: {ID: 9}},
		ArticleTypes: map[desk.ArticleTypeID]desk.ArticleType{
			1: {ID: 1, Name: "email", Communication: true}, 5: {ID: 5, Name: "phone", Communication: true},
			10: {ID: 10, Name: "note"}, 11: {ID: 11, Name: "web", Communication: true},
		},
		Senders: map[desk.SenderID]string{1: "Agent", 2: "Customer", 3: "System"},
	}
}

// person builds callers: what they hold, and their levels in group 1.
func person(id desk.UserID, permissions []string, levels ...desk.Access) *desk.Caller {
	caller := &desk.Caller{User: desk.User{ID: id}, Permissions: permissions, Groups: desk.GroupAccess{}}
	if len(levels) > 0 {
		caller.Groups[1] = levels
	}
	return caller
}

var (
	agent    = []string{"ticket.agent"}
	customer = []string{"ticket.customer"}
	both     = []string{"ticket.agent", "ticket.customer"}
)

func TestWhoMayDoWhatWithATicket(t *testing.T) {
	t.Parallel()
	const acme desk.OrganizationID = 8
	organization := acme
	member := person(20, customer)
	member.User.OrganizationID = &organization
	limited := person(10, []string{"ticket.agent", "admin"}, desk.AccessFull)
	limited.Token = &desk.TokenLimit{Permissions: []string{"admin"}}
	ticket := desk.Ticket{ID: 1, GroupID: 1, CustomerID: 21, OrganizationID: &organization, StateID: 2}

	for _, tc := range []struct {
		name   string
		who    *desk.Caller
		shared []desk.OrganizationID
		may    string // letters of what is allowed: show create update article internal destroy
	}{
		{"agent with read", person(10, agent, desk.AccessRead), nil, "s i"},
		{"agent with create", person(10, agent, desk.AccessCreate), nil, "ca"},
		{"agent with change", person(10, agent, desk.AccessChange), nil, "u"},
		{"agent with overview", person(10, agent, desk.AccessOverview), nil, ""},
		{"agent with full", person(10, agent, desk.AccessFull), nil, "scuai"},
		{"agent of other groups", person(10, agent), nil, ""},
		{"administrator alone", person(10, []string{"admin"}, desk.AccessFull), nil, "d"},
		{"administrator and agent", person(10, []string{"admin", "ticket.agent"}, desk.AccessFull), nil, "scuaid"},
		{"some administrator", person(10, []string{"admin.user", "ticket.agent"}, desk.AccessFull), nil, "scuai"},
		{"token without ticket.agent", limited, nil, "d"},
		{"the customer", person(21, customer), nil, "scua"},
		{"another customer", person(22, customer), nil, ""},
		{"member of the shared organization", member, []desk.OrganizationID{acme}, "sua"},
		{"member of it while it is not shared", member, nil, ""},
		{"only a secondary member", person(20, customer), []desk.OrganizationID{acme}, ""},
		{"agent elsewhere who is the customer", person(21, both), nil, "scua"},
		{"agent here who is the customer", person(21, both, desk.AccessRead), nil, "scuai"},
		{"report only", person(10, []string{"report"}), nil, ""},
		{"nothing", person(21, nil), nil, ""},
	} {
		tc.who.Shared = tc.shared
		access := tc.who.TicketAccess()
		may := map[rune]error{
			's': access.MayShow(ticket), 'c': access.MayCreate(ticket), 'u': access.MayUpdate(ticket),
			'a': access.MayAddArticle(ticket), 'i': access.MayReadAsAgent(ticket), 'd': access.MayDestroy(ticket),
		}
		want := map[rune]bool{}
		for _, letter := range tc.may {
			want[letter] = true
		}
		for letter, err := range may {
			if (err == nil) != want[letter] {
				t.Errorf("%s: action %c gave %v, want allowed %v", tc.name, letter, err, want[letter])
			}
			if err != nil && !errors.Is(err, desk.ErrForbidden) {
				t.Errorf("%s: action %c gave %v, which is not a refusal", tc.name, letter, err)
			}
		}
	}
}

func TestListsShowTheUnionOfAgentAndCustomer(t *testing.T) {
	t.Parallel()
	shared := []desk.OrganizationID{8}
	for _, tc := range []struct {
		name string
		who  *desk.Caller
		want desk.TicketScope
	}{
		{"agent", person(10, agent, desk.AccessRead), desk.TicketScope{Groups: []desk.GroupID{1}}},
		{"agent who may only change", person(10, agent, desk.AccessChange), desk.TicketScope{}},
		{"customer", person(10, customer), desk.TicketScope{Customer: 10, Organizations: shared}},
		{"both", person(10, both, desk.AccessFull), desk.TicketScope{Groups: []desk.GroupID{1}, Customer: 10, Organizations: shared}},
		{"report only", person(10, []string{"report"}), desk.TicketScope{All: true}},
		{"agent with report", person(10, []string{"report", "ticket.agent"}), desk.TicketScope{}},
		{"administrator", person(10, []string{"admin", "report"}, desk.AccessFull), desk.TicketScope{}},
	} {
		tc.who.Shared = shared
		got := tc.who.TicketAccess().Lists()
		if got.All != tc.want.All || got.Customer != tc.want.Customer || len(got.Groups) != len(tc.want.Groups) ||
			len(got.Organizations) != len(tc.want.Organizations) || got.Empty() != tc.want.Empty() {
			t.Errorf("%s: scope = %+v, want %+v", tc.name, got, tc.want)
		}
	}
}

func TestFollowUpOnClosedTickets(t *testing.T) {
	t.Parallel()
	const refused = "Cannot follow-up on a closed ticket. Please create a new ticket."
	daysAgo := func(n int) *time.Time { at := now.AddDate(0, 0, -n); return &at }
	worker := person(10, agent)
	worker.Groups = desk.GroupAccess{2: {desk.AccessChange}}
	for _, tc := range []struct {
		name   string
		who    *desk.Caller
		ticket desk.Ticket
		want   string
	}{
		{"open", person(21, customer), desk.Ticket{GroupID: 2, StateID: 2}, ""},
		{"group says yes", person(21, customer), desk.Ticket{GroupID: 1, StateID: 4, Deadlines: desk.Deadlines{LastCloseAt: daysAgo(100)}}, ""},
		{"group says new ticket", person(21, customer), desk.Ticket{GroupID: 2, StateID: 4}, refused},
		{"agent whatever the group says", worker, desk.Ticket{GroupID: 2, StateID: 4}, ""},
		{"within the time", person(21, customer), desk.Ticket{GroupID: 3, StateID: 4, Deadlines: desk.Deadlines{LastCloseAt: daysAgo(6)}}, ""},
		{"after the time", person(21, customer), desk.Ticket{GroupID: 3, StateID: 4, Deadlines: desk.Deadlines{LastCloseAt: daysAgo(8)}}, refused},
		{"first closing counts without a last", person(21, customer), desk.Ticket{GroupID: 3, StateID: 4, Deadlines: desk.Deadlines{CloseAt: daysAgo(8)}}, refused},
		{"merged is not closed", person(21, customer), desk.Ticket{GroupID: 2, StateID: 5}, ""},
		{"somebody else's", person(22, customer), desk.Ticket{GroupID: 1, StateID: 4}, "Not authorized"},
	} {
		tc.ticket.CustomerID = 21
		got := ""
		if err := tc.who.TicketAccess().MayFollowUp(tc.ticket, catalog(), now); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestRefusalsNameTheReason(t *testing.T) {
	t.Parallel()
	ticket := desk.Ticket{GroupID: 1, CustomerID: 21}
	mine := desk.Article{TypeID: 10, Stamp: desk.Stamp{CreatedByID: 10, CreatedAt: now.Add(-time.Minute)}}
	others, call, secretCall, old := mine, mine, mine, mine
	others.CreatedByID = 11
	call.TypeID = 5
	secretCall.TypeID, secretCall.Internal = 5, true
	old.CreatedAt = now.Add(-601 * time.Second)
	reader := person(10, agent, desk.AccessRead)
	deleting := func(who *desk.Caller, article desk.Article) error {
		return who.TicketAccess().MayDeleteArticle(ticket, article, catalog(), now)
	}
	for _, tc := range []struct {
		name string
		err  error
		want string
	}{
		{"full access destroys", person(10, agent, desk.AccessFull).TicketAccess().MayDestroy(ticket), "Not authorized (admin permission required)!"},
		{"customer destroys", person(21, customer).TicketAccess().MayDestroy(ticket), "Not authorized (admin permission required)!"},
		{"reader destroys", reader.TicketAccess().MayDestroy(ticket), "Not authorized"},
		{"customer deletes a note", deleting(person(10, customer), mine), "Not authorized (agent permission required)!"},
		{"somebody else's note", deleting(reader, others), "Not authorized (you can only delete your own notes)!"},
		{"a call", deleting(reader, call), "Not authorized (communication articles cannot be deleted)!"},
		{"an old note", deleting(reader, old), "Not authorized (note is too old to be deleted)!"},
	} {
		if tc.err == nil || tc.err.Error() != tc.want {
			t.Errorf("%s: got %v, want %s", tc.name, tc.err, tc.want)
		}
	}
	for name, article := range map[string]desk.Article{"own note": mine, "own internal call": secretCall} {
		if err := deleting(reader, article); err != nil {
			t.Errorf("%s: got %v, want it deleted", name, err)
		}
	}
}
