package store_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/tickets"
)

func TestCopiedRecordsComeBackWhole(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO organizations (id, name, updated_by_id, created_by_id) VALUES (7, 'A', 1, 1)`)
	ids, err := b.DrawIDs(t.Context(), "tickets", 3)
	if err != nil || len(ids) != 3 {
		t.Fatalf("drew %v, %v", ids, err)
	}
	at := time.Date(2025, 6, 7, 8, 9, 10, 0, time.UTC)
	copied := make([]desk.Ticket, 3)
	for i := range copied {
		copied[i] = desk.Ticket{ID: desk.TicketID(ids[i]), Title: "x", GroupID: 1, StateID: 1, PriorityID: 2, OwnerID: 1, CustomerID: 2}
		if i < 2 {
			fillTicket(&copied[i])
		} else {
			copied[i].Preferences, copied[i].Custom = map[string]any{}, map[string]any{}
		}
		copied[i].Number = string(rune('a' + i))
		copied[i].Stamp = desk.Stamp{UpdatedByID: 1, CreatedByID: 2, CreatedAt: at, UpdatedAt: at.Add(time.Hour)}
	}
	if err := b.CopyTickets(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	for _, want := range copied {
		if got, err := b.Ticket(t.Context(), want.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("copied %+v\n   got %+v (%v)", want, got, err)
		}
	}
	if next := b.ticket("next"); next.ID != copied[2].ID+1 {
		t.Errorf("the next ticket has id %d, want %d", next.ID, copied[2].ID+1)
	}

	article := desk.Article{
		ID: 50, TicketID: copied[0].ID, TypeID: desk.ArticleEmail, SenderID: desk.SenderAgent, From: new("a"), To: new("b"), Cc: new("c"),
		Subject: new("d"), ReplyTo: new("e"), MessageID: new("f"), MessageIDMD5: new("g"), InReplyTo: new("h"), References: new("i"),
		ContentType: "text/html", Body: "j", Internal: true, Preferences: map[string]any{"k": "l"}, TimeUnit: new("2.25"),
		OriginByID: new(desk.UserID(2)), Stamp: desk.Stamp{UpdatedByID: 1, CreatedByID: 2, CreatedAt: at, UpdatedAt: at.Add(time.Hour)},
	}
	if err := b.CopyArticles(t.Context(), []desk.Article{article}); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Article(t.Context(), 50); err != nil || !reflect.DeepEqual(got, article) {
		t.Errorf("copied %+v\n   got %+v (%v)", article, got, err)
	}

	line := desk.Change{
		Object: "Ticket", OID: int64(copied[0].ID), Type: "updated", Attribute: "state", ValueFrom: "new", ValueTo: "closed",
		IDFrom: new(int64(1)), IDTo: new(int64(4)), RelatedObject: "Ticket", RelatedOID: 9, By: 2,
	}
	created := desk.Change{Object: "Ticket", OID: int64(copied[0].ID), Type: "created", By: 2}
	if err := b.CopyHistory(t.Context(), []tickets.HistoryEntry{{Change: created, CreatedAt: at}, {Change: line, CreatedAt: at}}); err != nil {
		t.Fatal(err)
	}
	history, err := b.HistoryOf(t.Context(), copied[0].ID)
	if err != nil || len(history) != 2 || !reflect.DeepEqual(history[0].Change, created) || !reflect.DeepEqual(history[1].Change, line) || !history[1].CreatedAt.Equal(at) {
		t.Errorf("history = %+v, %v; want %+v and %+v", history, err, created, line)
	}
}

func TestNumbersDrawnAtOnceAreFree(t *testing.T) {
	t.Parallel()
	for _, generator := range []string{desk.NumberIncrement, desk.NumberDate} {
		b := open(t)
		b.exec(`UPDATE settings SET state_current = jsonb_build_object('value', $1::text) WHERE name = 'ticket_number'`, generator)
		catalog := b.catalog()
		now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
		format := catalog.NumberFormat()
		taken := []string{format.Number(2, now), format.Number(3, now), format.Number(11, now)}
		for _, number := range taken {
			b.ticket(number)
		}
		first, err := b.NextTicketNumber(t.Context(), catalog, now)
		if err != nil {
			t.Fatal(err)
		}
		numbers, err := b.NextTicketNumbers(t.Context(), catalog, now, 10)
		if err != nil || len(numbers) != 10 {
			t.Fatalf("%s: %d numbers, %v; want 10", generator, len(numbers), err)
		}
		next, err := b.NextTicketNumber(t.Context(), catalog, now)
		if err != nil {
			t.Fatal(err)
		}
		all := append(append(slices.Clone(taken), numbers...), first, next)
		slices.Sort(all)
		if got := slices.Compact(slices.Clone(all)); len(got) != len(all) {
			t.Errorf("%s: numbers %v beside %v, %s and %s: some are the same", generator, numbers, taken, first, next)
		}
		if want := format.Number(15, now); next != want {
			t.Errorf("%s: the number after them is %s, want %s", generator, next, want)
		}
	}
}

func TestLooksForTicketsBeyondOne(t *testing.T) {
	t.Parallel()
	b := open(t)
	first := b.ticket("1")
	if more, err := b.HasTicketsAfter(t.Context(), first.ID); more || err != nil {
		t.Errorf("tickets after the only one: %v, %v", more, err)
	}
	b.ticket("2")
	if more, err := b.HasTicketsAfter(t.Context(), first.ID); !more || err != nil {
		t.Errorf("no ticket after the first of two: %v", err)
	}
}
