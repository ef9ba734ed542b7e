package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
	"postroom/internal/store/collab"
	"postroom/internal/store/table"
)

// linkable makes links between tickets possible.
func linkable(t *testing.T) *base {
	t.Helper()
	b := open(t)
	b.exec(`INSERT INTO link_objects (name) VALUES ('Announcement'), ('Ticket')`)
	return b
}

// linksOf shows the links of a ticket as "type id".
func (b *base) linksOf(id desk.TicketID) []string {
	b.t.Helper()
	links, err := b.LinksOf(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	var shown []string
	for _, link := range links[id] {
		shown = append(shown, fmt.Sprintf("%s %d", link.Type, link.TicketID))
	}
	slices.Sort(shown)
	return shown
}

func (b *base) link(linkType string, source, target desk.TicketID) {
	b.t.Helper()
	if _, err := b.AddLink(b.t.Context(), linkType, source, target); err != nil {
		b.t.Fatal(err)
	}
}

// agent makes an agent with a level of access to group 1.
func (b *base) agent(login, level string) desk.UserID {
	b.t.Helper()
	b.exec(`INSERT INTO permissions (id, name) VALUES (61, 'ticket.agent') ON CONFLICT DO NOTHING`)
	b.exec(`INSERT INTO roles (id, name, updated_by_id, created_by_id) VALUES (2, 'Agent', 1, 1) ON CONFLICT DO NOTHING`)
	b.exec(`INSERT INTO permissions_roles (role_id, permission_id) VALUES (2, 61) ON CONFLICT DO NOTHING`)
	id := ask[int64](b, `INSERT INTO users (login, firstname, lastname, updated_by_id, created_by_id) VALUES ($1, $1, 'Agent', 1, 1) RETURNING id`, login)
	b.exec(`INSERT INTO roles_users (user_id, role_id) VALUES ($1, 2)`, id)
	if level != "" {
		b.exec(`INSERT INTO groups_users (user_id, group_id, access) VALUES ($1, 1, $2)`, id, level)
	}
	return desk.UserID(id)
}

func TestBothEndsSeeALink(t *testing.T) {
	t.Parallel()
	b := linkable(t)
	one, two := b.ticket("1").ID, b.ticket("2").ID
	b.link(teamwork.LinkParent, one, two) // one is the parent of two
	b.link(teamwork.LinkNormal, one, two)
	b.link("duplicate", one, two)
	for ticket, want := range map[desk.TicketID][]string{
		one: {fmt.Sprintf("child %d", two), fmt.Sprintf("duplicate %d", two), fmt.Sprintf("normal %d", two)},
		two: {fmt.Sprintf("duplicate %d", one), fmt.Sprintf("normal %d", one), fmt.Sprintf("parent %d", one)},
	} {
		if got := b.linksOf(ticket); !slices.Equal(got, want) {
			t.Errorf("links of %d: %q, want %q", ticket, got, want)
		}
	}
	for name, twice := range map[string]func() (teamwork.Link, error){
		"the same":           func() (teamwork.Link, error) { return b.AddLink(t.Context(), teamwork.LinkParent, one, two) },
		"from the other end": func() (teamwork.Link, error) { return b.AddLink(t.Context(), teamwork.LinkChild, two, one) },
	} {
		if _, err := twice(); !errors.Is(err, desk.ErrConflict) {
			t.Errorf("%s once more: %v, want ErrConflict", name, err)
		}
	}
	removed, err := b.RemoveLinks(t.Context(), teamwork.LinkChild, two, one)
	if err != nil || len(removed) != 1 || removed[0].SourceValue != int64(one) {
		t.Errorf("removed from the other end: %+v, %v, want the link", removed, err)
	}
	if removed, err := b.RemoveLinks(t.Context(), teamwork.LinkChild, two, one); err != nil || len(removed) != 0 {
		t.Errorf("removed once more: %+v, %v, want nothing", removed, err)
	}
	if _, err := b.DeleteTicket(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	if left := ask[int](b, `SELECT count(*) FROM links`); left != 0 {
		t.Errorf("%d links of a deleted ticket are left", left)
	}
}

func TestMentionNeedsAnAgentWhoMayRead(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1")
	reader, full, changer, none := b.agent("reader", "read"), b.agent("full", "full"), b.agent("changer", "change"), b.agent("none", "")
	for _, refused := range []desk.UserID{2, changer, none, 4711} {
		if err := b.Subscribe(t.Context(), ticket, []desk.UserID{reader, refused}, reader); !errors.Is(err, teamwork.ErrMentioned) {
			t.Errorf("mention of %d: %v, want ErrMentioned", refused, err)
		}
	}
	for range 2 {
		if err := b.Subscribe(t.Context(), ticket, []desk.UserID{full, reader, full}, reader); err != nil {
			t.Fatal(err)
		}
	}
	mentions, err := b.MentionsOf(t.Context(), ticket.ID, table.Page{Limit: 10})
	if err != nil || len(mentions) != 2 || mentions[0].UserID != full || mentions[1].UserID != reader || mentions[0].CreatedByID != reader {
		t.Fatalf("mentions %+v, %v, want those of %d and %d", mentions, err, full, reader)
	}
	if err := b.DeleteMention(t.Context(), mentions[0].ID, full); err != nil {
		t.Error(err)
	}
	if err := b.DeleteMention(t.Context(), mentions[0].ID, full); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("deleted twice: %v, want ErrNotFound", err)
	}
	entries, err := b.HistoryOf(t.Context(), ticket.ID)
	var shown []string
	for _, e := range entries {
		shown = append(shown, e.Object+" "+e.Type+" "+e.ValueTo)
	}
	if want := []string{"Mention added full Agent", "Mention added reader Agent", "Mention removed full Agent"}; err != nil || !slices.Equal(shown, want) {
		t.Errorf("history %q, %v, want %q", shown, err, want)
	}
	b.exec(`DELETE FROM groups_users WHERE user_id = $1`, reader)
	b.exec(`INSERT INTO roles_groups (role_id, group_id, access) VALUES (2, 1, 'read')`)
	if agents, err := b.AgentsWith(t.Context(), []desk.UserID{reader, 2}, 1, desk.AccessRead); err != nil || !agents[reader] || agents[2] {
		t.Errorf("agents by role: %v, %v, want %d alone", agents, err, reader)
	}
}

func TestTimeOfATicketIsTheSum(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1")
	article := b.article(ticket.ID)
	book := func(unit string, article *desk.ArticleID) (teamwork.TimeAccounting, error) {
		v := teamwork.TimeAccounting{TicketID: ticket.ID, TicketArticleID: article, TimeUnit: unit, CreatedByID: 2}
		return v, b.InTx(t.Context(), func(tx *store.Store) error { return tx.AccountTime(t.Context(), &ticket, &v) })
	}
	first, err := book("15.00", &article.ID)
	if err != nil || *ticket.TimeUnit != "15.00" {
		t.Fatalf("sum %v, %v, want 15.00", ticket.TimeUnit, err)
	}
	if _, err := book("0.25", nil); err != nil || *ticket.TimeUnit != "15.25" {
		t.Errorf("sum %v, %v, want 15.25", *ticket.TimeUnit, err)
	}
	if _, err := book("1", &article.ID); err == nil || err.Error() != "Ticket article has already been taken" {
		t.Errorf("second time of an article: %v, want a refusal", err)
	}
	timeOfArticle := func() string {
		return ask[string](b, `SELECT coalesce(time_unit::text, 'none') FROM ticket_articles WHERE id = $1`, article.ID)
	}
	if got := timeOfArticle(); got != "15.00" {
		t.Errorf("time of article %s, want 15.00", got)
	}
	changed := first
	changed.TimeUnit, changed.TicketArticleID = "20.00", nil
	if err := b.SaveTimeAccounting(t.Context(), first, changed); err != nil {
		t.Fatal(err)
	}
	if got := timeOfArticle(); got != "none" {
		t.Errorf("time of article %s after it was booked on the ticket alone, want none", got)
	}
	if sum, err := b.TimeSpent(t.Context(), ticket.ID); err != nil || *sum != "20.25" {
		t.Errorf("sum %v, %v, want 20.25", sum, err)
	}
	all, err := b.TimeAccountings(t.Context(), collab.TimeAccountingFilter{TicketID: ticket.ID}, nil, table.Page{Limit: 10})
	if err != nil || len(all) != 2 || all[0].TimeUnit != "20.00" {
		t.Errorf("booked %+v, %v, want two lines", all, err)
	}
	for _, v := range all {
		if err := b.DeleteTimeAccounting(t.Context(), v); err != nil {
			t.Error(err)
		}
	}
	if sum, err := b.TimeSpent(t.Context(), ticket.ID); err != nil || sum != nil {
		t.Errorf("sum %v, %v of nothing, want none", sum, err)
	}
}

func TestTimeReportsOfAMonth(t *testing.T) {
	t.Parallel()
	b := open(t)
	one, two := b.ticket("1").ID, b.ticket("2").ID
	b.exec(`INSERT INTO organizations (id, name, updated_by_id, created_by_id) VALUES (7, 'Acme', 1, 1)`)
	b.exec(`UPDATE tickets SET organization_id = 7 WHERE id = $1`, two)
	b.exec(`INSERT INTO ticket_time_accounting_types (id, name, updated_by_id, created_by_id) VALUES (5, 'Travel', 1, 1)`)
	b.exec(`INSERT INTO ticket_time_accountings (ticket_id, time_unit, type_id, created_by_id, created_at) VALUES
		($1, 1, NULL, 1, '2024-02-29 23:59:59.999Z'), ($1, 2, 5, 1, '2024-03-01 00:00Z'), ($1, 3, NULL, 2, '2024-03-31 23:59:59.999Z'),
		($2, 4.5, 5, 2, '2024-03-15 12:00Z'), ($2, 8, NULL, 2, '2024-04-01 00:00Z')`, one, two)
	march := collab.Month{First: day("2024-03-01"), Next: day("2024-04-01")}
	type report = func(limit int) ([]collab.TimeBooked, error)
	for name, tc := range map[string]struct {
		report
		want []string
	}{
		"activity": {func(n int) ([]collab.TimeBooked, error) { return b.TimeByActivity(t.Context(), march, n) },
			[]string{"2.00 Travel", "4.50 Travel", "3.00"}},
		"ticket": {func(n int) ([]collab.TimeBooked, error) { return b.TimeByTicket(t.Context(), march, n) },
			[]string{"5.00", "4.50"}},
		"customer": {func(n int) ([]collab.TimeBooked, error) { return b.TimeByCustomer(t.Context(), march, n) },
			[]string{"4.50", "5.00"}},
		"organization": {func(n int) ([]collab.TimeBooked, error) { return b.TimeByOrganization(t.Context(), march, n) },
			[]string{"4.50"}},
	} {
		lines, err := tc.report(10)
		var got []string
		for _, line := range lines {
			shown := line.TimeUnit
			if line.Type != nil {
				shown += " " + *line.Type
			}
			got = append(got, strings.TrimSpace(shown))
		}
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("by %s: %q, %v, want %q", name, got, err, tc.want)
		}
		if lines, err := tc.report(1); err != nil || len(lines) != 1 {
			t.Errorf("by %s: %d lines, %v, want one", name, len(lines), err)
		}
	}
}

func TestMergedTicketsShareWhatWasAttached(t *testing.T) {
	t.Parallel()
	b := linkable(t)
	source, target, third, fourth := b.ticket("1"), b.ticket("2"), b.ticket("3").ID, b.ticket("4").ID
	ann, bob := b.agent("ann", "read"), b.agent("bob", "read")
	for ticket, users := range map[*desk.Ticket][]desk.UserID{&source: {ann, bob}, &target: {ann}} {
		if err := b.Subscribe(t.Context(), *ticket, users, 1); err != nil {
			t.Fatal(err)
		}
	}
	b.link(teamwork.LinkNormal, source.ID, third)
	b.link(teamwork.LinkNormal, target.ID, third)
	b.link(teamwork.LinkChild, fourth, source.ID)
	b.link(teamwork.LinkNormal, source.ID, target.ID)
	article := b.article(source.ID)
	for _, id := range []*desk.ArticleID{&article.ID, nil} {
		v := teamwork.TimeAccounting{TicketID: source.ID, TicketArticleID: id, TimeUnit: "5", CreatedByID: 1}
		if err := b.InsertTimeAccounting(t.Context(), &v); err != nil {
			t.Fatal(err)
		}
	}
	b.exec(`UPDATE ticket_articles SET ticket_id = $1`, target.ID)
	if err := b.InTx(t.Context(), func(tx *store.Store) error { return tx.MergeAttached(t.Context(), source.ID, target.ID) }); err != nil {
		t.Fatal(err)
	}
	mentions, err := b.MentionsOf(t.Context(), target.ID, table.Page{Limit: 10})
	if err != nil || len(mentions) != 2 {
		t.Errorf("%d mentions of the target, %v, want 2", len(mentions), err)
	}
	want := []string{fmt.Sprintf("child %d", source.ID), fmt.Sprintf("child %d", fourth), fmt.Sprintf("normal %d", third)}
	if got := b.linksOf(target.ID); !slices.Equal(got, want) {
		t.Errorf("links of the target %q, want %q", got, want)
	}
	if got, want := b.linksOf(source.ID), []string{fmt.Sprintf("parent %d", target.ID)}; !slices.Equal(got, want) {
		t.Errorf("links of the source %q, want %q", got, want)
	}
	for _, id := range []desk.TicketID{source.ID, target.ID} {
		if sum, err := b.TimeSpent(t.Context(), id); err != nil || sum == nil || *sum != "5.00" {
			t.Errorf("time on %d: %v, %v, want 5.00 on each", id, sum, err)
		}
	}
}

func TestWhatIsAttachedToAPageOfTickets(t *testing.T) {
	t.Parallel()
	b := open(t)
	one, two := b.ticket("1").ID, b.ticket("2").ID
	list := teamwork.Checklist{TicketID: one}
	if err := collab.Checklists.Insert(t.Context(), b.Store.DB, &list, 1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		item := teamwork.ChecklistItem{ChecklistID: list.ID, Text: "after the other", TicketID: &two}
		if err := collab.ChecklistItems.Insert(t.Context(), b.Store.DB, &item, 1); err != nil {
			t.Fatal(err)
		}
	}
	v := teamwork.TimeAccounting{TicketID: two, TimeUnit: "5", CreatedByID: 1}
	if err := b.InsertTimeAccounting(t.Context(), &v); err != nil {
		t.Fatal(err)
	}
	got, err := b.AttachedIDs(t.Context(), []desk.TicketID{one, two})
	want := map[desk.TicketID]teamwork.Attached{
		one: {TimeAccountingIDs: []teamwork.TimeAccountingID{}, ChecklistID: &list.ID, ReferencingChecklistIDs: []teamwork.ChecklistID{}},
		two: {TimeAccountingIDs: []teamwork.TimeAccountingID{v.ID}, ReferencingChecklistIDs: []teamwork.ChecklistID{list.ID}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("attached %+v, %v, want %+v", got, err, want)
	}
	if _, err := b.DeleteTicket(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	if items, err := b.ItemsOf(t.Context(), list.ID); err != nil || len(items) != 2 || items[0].TicketID != nil {
		t.Errorf("items %+v, %v, want two that name no ticket any more", items, err)
	}
	if _, err := b.DeleteTicket(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if left := ask[int](b, `SELECT count(*) FROM checklist_items`); left != 0 {
		t.Errorf("%d items of a deleted ticket are left", left)
	}
}
