package store_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/collab"
)

// day is a date at midnight.
func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

// checklist makes a checklist with items.
func (b *base) checklist(ticket desk.TicketID, texts ...string) teamwork.ChecklistID {
	b.t.Helper()
	list := teamwork.Checklist{TicketID: ticket}
	if err := collab.Checklists.Insert(b.t.Context(), b.Store.DB, &list, 1); err != nil {
		b.t.Fatal(err)
	}
	var items []teamwork.ChecklistItem
	for _, text := range texts {
		items = append(items, teamwork.ChecklistItem{Text: text})
	}
	if err := b.CopyTemplate(b.t.Context(), list.ID, items, 1); err != nil {
		b.t.Fatal(err)
	}
	return list.ID
}

// itemsOf shows the texts of a checklist, and its items.
func (b *base) itemsOf(id teamwork.ChecklistID) (texts string, items []teamwork.ChecklistItem) {
	b.t.Helper()
	items, err := b.ItemsOf(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, item := range items {
		texts += item.Text
	}
	return texts, items
}

func TestItemsOfAChecklistAreSorted(t *testing.T) {
	t.Parallel()
	b := open(t)
	list := b.checklist(b.ticket("1").ID, strings.Split("abcd", "")...)
	other := b.checklist(b.ticket("2").ID, "x", "y")
	_, items := b.itemsOf(list)
	id := func(text string) teamwork.ChecklistItemID {
		return items[slices.IndexFunc(items, func(i teamwork.ChecklistItem) bool { return i.Text == text })].ID
	}
	_, foreign := b.itemsOf(other)
	for _, tc := range []struct {
		order []teamwork.ChecklistItemID
		want  string
	}{
		{[]teamwork.ChecklistItemID{id("c"), id("a")}, "cabd"},
		{[]teamwork.ChecklistItemID{id("d"), id("d"), 4711, foreign[1].ID}, "dcab"},
		{nil, "dcab"},
	} {
		if err := b.SortItems(t.Context(), list, tc.order); err != nil {
			t.Fatal(err)
		}
		if got, _ := b.itemsOf(list); got != tc.want {
			t.Errorf("sorted by %v: %s, want %s", tc.order, got, tc.want)
		}
	}
	if got, _ := b.itemsOf(other); got != "xy" {
		t.Errorf("items of another list %s, want xy", got)
	}
}

func TestChecklistIsFullAtSomeTime(t *testing.T) {
	t.Parallel()
	b := open(t)
	list := b.checklist(b.ticket("1").ID, slices.Repeat([]string{"x"}, teamwork.MaxChecklistItems-1)...)
	add := func() error {
		item := teamwork.ChecklistItem{ChecklistID: list, Text: "last"}
		return collab.ChecklistItems.Insert(t.Context(), b.Store.DB, &item, 1)
	}
	if err := add(); err != nil {
		t.Errorf("item %d: %v", teamwork.MaxChecklistItems, err)
	}
	if err := add(); !errors.Is(err, teamwork.ErrChecklistFull) {
		t.Errorf("item %d: %v, want ErrChecklistFull", teamwork.MaxChecklistItems+1, err)
	}
	if texts, _ := b.itemsOf(list); !strings.HasSuffix(texts, "last") {
		t.Errorf("the new item is not the last of %s", texts)
	}
}

func TestTicketHasOneChecklist(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1").ID
	if found, err := b.ChecklistOf(t.Context(), ticket); err != nil || found != nil {
		t.Errorf("checklist %v, %v, want none", found, err)
	}
	list := b.checklist(ticket)
	if found, err := b.ChecklistOf(t.Context(), ticket); err != nil || found == nil || found.ID != list {
		t.Errorf("checklist %v, %v, want %d", found, err, list)
	}
	second := teamwork.Checklist{TicketID: ticket}
	if err := collab.Checklists.Insert(t.Context(), b.Store.DB, &second, 1); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("second checklist: %v, want ErrConflict", err)
	}
}

func TestDraftGoesWithItsFiles(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1").ID
	draft := teamwork.Draft{TicketID: ticket, NewArticle: map[string]any{"body": "Dear"}}
	draft.UpdatedByID = 2
	if err := b.InsertDraft(t.Context(), &draft); err != nil {
		t.Fatal(err)
	}
	blob := ask[int64](b, `INSERT INTO blobs (sha256, size, place, data) VALUES (sha256('x'), 1, 'DB', 'x') RETURNING id`)
	b.exec(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id) VALUES
		('UploadCache', 99, 'mine.txt', 1, $1, 2), ('UploadCache', 99, 'foreign.txt', 1, $1, 1)`, blob)
	copies, err := b.CopyAttachments(t.Context(), desk.ObjectUploadCache, 99, teamwork.ObjectDraft, int64(draft.ID), 2)
	if err != nil || len(copies) != 1 || copies[0].Filename != "mine.txt" {
		t.Fatalf("copied %+v, %v, want mine.txt", copies, err)
	}
	found, err := b.DraftOf(t.Context(), ticket)
	if err != nil || found == nil || found.NewArticle["body"] != "Dear" {
		t.Fatalf("draft %+v, %v", found, err)
	}
	blobs, err := b.DeleteDraft(t.Context(), *found, 2)
	if err != nil || !slices.Equal(blobs, []desk.BlobID{desk.BlobID(blob)}) {
		t.Errorf("released %v, %v, want %d", blobs, err, blob)
	}
	if found, err := b.DraftOf(t.Context(), ticket); err != nil || found != nil {
		t.Errorf("draft %+v, %v after deletion", found, err)
	}
	history := ask[[]string](b, `SELECT array_agg(object || ' ' || type ORDER BY id) FROM history WHERE related_o_id = $1`, ticket)
	if want := []string{"Ticket::SharedDraftZoom created", "Ticket::SharedDraftZoom removed"}; !slices.Equal(history, want) {
		t.Errorf("history %q, want %q", history, want)
	}
}

func TestDeletedTicketTakesTheFilesOfItsDraftAlong(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1").ID
	draft := teamwork.Draft{TicketID: ticket}
	if err := b.InsertDraft(t.Context(), &draft); err != nil {
		t.Fatal(err)
	}
	blob := ask[int64](b, `INSERT INTO blobs (sha256, size, place, data) VALUES (sha256('x'), 1, 'DB', 'x') RETURNING id`)
	b.exec(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id) VALUES ('Ticket::SharedDraftZoom', $2, 'a', 1, $1, 2)`, blob, draft.ID)
	blobs, err := b.DeleteTicket(t.Context(), ticket)
	if err != nil || !slices.Equal(blobs, []desk.BlobID{desk.BlobID(blob)}) {
		t.Errorf("released %v, %v, want %d", blobs, err, blob)
	}
	if left := ask[int](b, `SELECT count(*) FROM ticket_shared_draft_zooms`) + ask[int](b, `SELECT count(*) FROM history`); left != 0 {
		t.Errorf("%d rows of the draft are left", left)
	}
}
