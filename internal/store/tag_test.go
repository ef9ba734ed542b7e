package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
)

// tagged puts tags on a ticket.
func (b *base) tagged(ticket desk.TicketID, names ...string) {
	b.t.Helper()
	err := b.InTx(b.t.Context(), func(tx *store.Store) error {
		return tx.AttachTags(b.t.Context(), desk.ObjectTicket, int64(ticket), names, 2, true)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *base) tagsOf(ticket desk.TicketID) []string {
	b.t.Helper()
	tags, err := b.TagsOf(b.t.Context(), desk.ObjectTicket, int64(ticket))
	if err != nil {
		b.t.Fatal(err)
	}
	return tags[int64(ticket)]
}

// uses is how often each tag is said to be used.
func (b *base) uses() map[string]int64 {
	b.t.Helper()
	tags, err := b.Tags(b.t.Context(), 100)
	if err != nil {
		b.t.Fatal(err)
	}
	uses := map[string]int64{}
	for _, tag := range tags {
		uses[tag.Name] = tag.Uses
	}
	return uses
}

func (b *base) tagID(name string) teamwork.TagID {
	b.t.Helper()
	return teamwork.TagID(ask[int64](b, `SELECT id FROM tags WHERE name = $1`, name))
}

func TestTagsOfATicketStayInOrder(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1").ID
	b.tagged(ticket, "zebra", "Vip")
	b.tagged(ticket, "vip", "zebra", "ant")
	if there, err := b.DetachTag(t.Context(), desk.ObjectTicket, int64(ticket), "Vip", 2); err != nil || !there {
		t.Errorf("tag was there %v, %v, want that it was", there, err)
	}
	if there, err := b.DetachTag(t.Context(), desk.ObjectTicket, int64(ticket), "Vip", 2); err != nil || there {
		t.Errorf("tag was there %v, %v, want that it was gone", there, err)
	}
	if got, want := b.tagsOf(ticket), []string{"zebra", "vip", "ant"}; !slices.Equal(got, want) {
		t.Errorf("tags %q, want %q", got, want)
	}
	history := ask[[]string](b, `SELECT array_agg(type || ' ' || attribute || ' ' || value_to ORDER BY id) FROM history WHERE object = 'Ticket'`)
	want := []string{"added tag zebra", "added tag Vip", "added tag vip", "added tag ant", "removed tag Vip"}
	if !slices.Equal(history, want) {
		t.Errorf("history %q, want %q", history, want)
	}
}

func TestUsesOfTagsAreKnownBeforeAndAfterTheyAreAddedUp(t *testing.T) {
	t.Parallel()
	b := open(t)
	first, second := b.ticket("1").ID, b.ticket("2").ID
	check := func(when string, want map[string]int64) {
		t.Helper()
		for _, moment := range []string{"at once", "added up", "added up twice"} {
			if got := b.uses(); !maps.Equal(got, want) {
				t.Errorf("%s, %s: uses %v, want %v", when, moment, got, want)
			}
			if err := b.AddTagUses(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	b.tagged(first, "a", "b")
	b.tagged(second, "a", "a2")
	check("put on", map[string]int64{"a": 2, "b": 1, "a2": 1})
	if _, err := b.DetachTag(t.Context(), desk.ObjectTicket, int64(first), "b", 2); err != nil {
		t.Fatal(err)
	}
	check("taken off", map[string]int64{"a": 2, "b": 0, "a2": 1})
	if err := b.RenameTag(t.Context(), b.tagID("a2"), "a", 2); err != nil {
		t.Fatal(err)
	}
	check("merged", map[string]int64{"a": 2, "b": 0})
	if _, err := b.DeleteTicket(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	check("ticket deleted", map[string]int64{"a": 1, "b": 0})
	if err := b.DeleteTag(t.Context(), b.tagID("a"), 2); err != nil {
		t.Fatal(err)
	}
	check("deleted", map[string]int64{"b": 0})
	if got := b.tagsOf(second); got != nil {
		t.Errorf("tags %q of a ticket whose only tag was deleted", got)
	}
}

func TestNewTagNeedsTheRightToMakeOne(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := int64(b.ticket("1").ID)
	if err := b.AddTag(t.Context(), "known", 1); err != nil {
		t.Fatal(err)
	}
	attach := func(names ...string) error {
		return b.InTx(t.Context(), func(tx *store.Store) error {
			return tx.AttachTags(t.Context(), desk.ObjectTicket, ticket, names, 2, false)
		})
	}
	if err := attach("known", "new"); !errors.Is(err, desk.ErrForbidden) {
		t.Errorf("new tag: %v, want ErrForbidden", err)
	}
	if got := b.tagsOf(desk.TicketID(ticket)); got != nil {
		t.Errorf("tags %q after a refusal, want none", got)
	}
	if err := attach("known"); err != nil {
		t.Errorf("known tag: %v", err)
	}
}

func TestSameNewTagsAtTheSameTime(t *testing.T) {
	t.Parallel()
	b := open(t)
	var all sync.WaitGroup
	const writers = 8
	for i := range writers {
		ticket := b.ticket(fmt.Sprint(i)).ID
		names := []string{"a", "b", "c"}
		if i%2 == 0 {
			slices.Reverse(names)
		}
		all.Go(func() { b.tagged(ticket, names...) })
	}
	all.Wait()
	if got, want := b.uses(), (map[string]int64{"a": writers, "b": writers, "c": writers}); !maps.Equal(got, want) {
		t.Errorf("uses %v, want %v", got, want)
	}
}

func TestSearchForTags(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.tagged(b.ticket("1").ID, "Printer", "paper_jam")
	b.tagged(b.ticket("2").ID, "Printer", "sprint")
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"print", []string{"Printer", "sprint"}},
		{"_", []string{"paper_jam"}},
		{"", []string{"Printer", "paper_jam", "sprint"}},
		{"none", nil},
	} {
		tags, err := b.SearchTags(t.Context(), tc.text, 10)
		var got []string
		for _, tag := range tags {
			got = append(got, tag.Name)
		}
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("tags with %q: %q, %v, want %q", tc.text, got, err, tc.want)
		}
	}
}

func TestRenamedTagKeepsItsPlaceAndIsRenamedInRules(t *testing.T) {
	t.Parallel()
	b := open(t)
	ticket := b.ticket("1").ID
	b.tagged(ticket, "old", "other")
	b.exec(`INSERT INTO macros (name, perform, updated_by_id, created_by_id)
		VALUES ('m', '{"ticket.tags":{"operator":"add","value":"old,x"}}', 1, 1)`)
	b.exec(`INSERT INTO schedulers (name, object, timeplan, condition, perform, updated_by_id, created_by_id)
		VALUES ('s', 'Ticket', '{}', '{"ticket.tags":{"operator":"contains one","value":"old"}}', '{"ticket.tags":{"operator":"remove","value":"old"}}', 1, 1)`)
	if err := b.RenameTag(t.Context(), b.tagID("old"), "new", 2); err != nil {
		t.Fatal(err)
	}
	if got, want := b.tagsOf(ticket), []string{"new", "other"}; !slices.Equal(got, want) {
		t.Errorf("tags %q, want %q", got, want)
	}
	for sql, want := range map[string]string{
		`SELECT perform->'ticket.tags'->>'value' FROM macros`:       "new,x",
		`SELECT condition->'ticket.tags'->>'value' FROM schedulers`: "new",
		`SELECT perform->'ticket.tags'->>'value' FROM schedulers`:   "new",
	} {
		if got := ask[string](b, sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
	if err := b.RenameTag(t.Context(), 4711, "x", 2); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("rename of a tag that is not there: %v", err)
	}
}
