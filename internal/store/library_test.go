package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/library"
	"postroom/internal/store/table"
)

func TestRecordsForSomeGroups(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES (7, 'Seven', 'Seven', 1, 1), (8, 'Eight', 'Eight', 1, 1)`)
	var ids []workspace.TextModuleID
	for _, groups := range [][]desk.GroupID{nil, {7}, {7, 8}} {
		v := workspace.TextModule{Name: "x", Content: "x", Active: true}
		if err := library.TextModules.Insert(t.Context(), b.Store.DB, &v, desk.SystemUser); err != nil {
			t.Fatal(err)
		}
		if err := library.TextModules.SetGroups(t.Context(), b.Store.DB, v.ID, groups); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	for _, tc := range []struct {
		groups []desk.GroupID
		want   []workspace.TextModuleID
	}{
		{nil, ids}, {[]desk.GroupID{}, ids[:1]}, {[]desk.GroupID{7}, ids}, {[]desk.GroupID{8}, []workspace.TextModuleID{ids[0], ids[2]}},
	} {
		found, err := library.TextModules.List(t.Context(), b.Store.DB, table.Filter[workspace.TextModuleID]{InGroups: tc.groups}, nil, table.Page{Limit: 10})
		var got []workspace.TextModuleID
		for _, v := range found {
			got = append(got, v.ID)
		}
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("for groups %v: %v, %v, want %v", tc.groups, got, err, tc.want)
		}
	}
	groups, err := library.TextModules.Groups(t.Context(), b.Store.DB, ids)
	if want := fmt.Sprintf("map[%d:[7] %d:[7 8]]", ids[1], ids[2]); err != nil || fmt.Sprint(groups) != want {
		t.Errorf("groups are %v, %v, want %s", groups, err, want)
	}
}

func TestOrderOfATable(t *testing.T) {
	t.Parallel()
	b := open(t)
	var ids []workspace.PublicLinkID
	for range 3 {
		prio, err := library.PublicLinks.NextPrio(t.Context(), b.Store.DB)
		if err != nil {
			t.Fatal(err)
		}
		v := workspace.PublicLink{Link: "https://example.com", Title: "x", Screen: []string{"login"}, Prio: prio}
		if err := library.PublicLinks.Insert(t.Context(), b.Store.DB, &v, desk.SystemUser); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	prios := func() string {
		all, err := library.PublicLinks.All(t.Context(), b.Store.DB)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(all[ids[0]].Prio, all[ids[1]].Prio, all[ids[2]].Prio, all[ids[1]].UpdatedByID)
	}
	if got := prios(); got != "1 2 3 1" {
		t.Errorf("new ones have prio %s, want one after the other", got)
	}
	if err := library.PublicLinks.SetPrios(t.Context(), b.Store.DB, map[workspace.PublicLinkID]int{ids[0]: 9, ids[1]: 4}, 2); err != nil {
		t.Fatal(err)
	}
	if got := prios(); got != "9 4 3 2" {
		t.Errorf("moved, they have prio %s", got)
	}
	err := library.PublicLinks.SetPrios(t.Context(), b.Store.DB, map[workspace.PublicLinkID]int{ids[0]: 1, 4711: 2}, 2)
	if missing, ok := errors.AsType[*desk.MissingError](err); !ok || missing.ID != 4711 {
		t.Errorf("moving one that is not there: %v, want an error that names it", err)
	}
	if got := prios(); got != "9 4 3 2" {
		t.Errorf("after a refusal they have prio %s", got)
	}
}

func TestLinkOfAnOverviewIsItsOwn(t *testing.T) {
	t.Parallel()
	b := open(t)
	empty := map[string]any{}
	var links []string
	for _, name := range []string{"Open % Tickets", "open_tickets", "Open", "Open Tickets!", "?"} {
		v := workspace.Overview{Name: name, Condition: empty, Order: empty, View: empty}
		if err := library.Overviews.Insert(t.Context(), b.Store.DB, &v, desk.SystemUser); err != nil {
			t.Fatal(err)
		}
		links = append(links, v.Link)
	}
	if got := links[:4]; !slices.Equal(got, []string{"open_tickets", "open_tickets_1", "open", "open_tickets_2"}) || len(links[4]) != 36 {
		t.Errorf("links are %q", links)
	}
	twice := workspace.Overview{Name: "x", Link: "open", Condition: empty, Order: empty, View: empty}
	if err := library.Overviews.Insert(t.Context(), b.Store.DB, &twice, desk.SystemUser); !errors.Is(err, desk.ErrConflict) {
		t.Errorf("a link that is taken: %v, want desk.ErrConflict", err)
	}
}

// A record that can't be written must leave those before and after it alone.
func TestAttemptThatFailsIsUndoneAlone(t *testing.T) {
	t.Parallel()
	b := open(t)
	insert := func(tx *store.Store, name string) error {
		v := workspace.Macro{Name: name, Perform: map[string]any{"x": 1}, UXFlowNextUp: workspace.NoFlow}
		return library.Macros.Insert(t.Context(), tx.DB, &v, desk.SystemUser)
	}
	err := b.InTx(t.Context(), func(tx *store.Store) error {
		for i, name := range []string{"one", "two", "ONE", "three"} {
			err := tx.Attempt(t.Context(), func(tx *store.Store) error { return insert(tx, name) })
			if wrong := name == "ONE"; wrong != errors.Is(err, desk.ErrConflict) || !wrong && err != nil {
				t.Errorf("attempt %d: %v", i, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if names, err := library.Macros.IDsByName(t.Context(), b.Store.DB, []string{"one", "two", "ONE", "three"}); err != nil || len(names) != 3 {
		t.Errorf("kept %v, %v, want all but ONE", names, err)
	}
}

func TestRecordsAreRecognised(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO text_modules (id, name, content, updated_by_id, created_by_id) VALUES (5, 'Hello', '', 1, 1), (6, 'HELLO', '', 1, 1), (7, 'x', '', 1, 1)`)
	b.exec(`INSERT INTO users (id, login, email, updated_by_id, created_by_id) VALUES (50, 'nora', 'nora@example.com', 1, 1), (51, 'otto', '', 1, 1)`)
	module := func(column string, values ...string) (map[string]int64, error) {
		return library.TextModules.Recognise(t.Context(), b.Store.DB, column, values)
	}
	user := func(column string, values ...string) (map[string]int64, error) {
		return b.RecogniseUsers(t.Context(), column, values)
	}
	for _, tc := range []struct {
		find   func(string, ...string) (map[string]int64, error)
		column string
		values []string
		want   string
	}{
		{module, "name", []string{"hello", "x", "nothing"}, "map[hello:5 x:7]"},
		{module, "id", []string{"6", "06", "x", "99", "99999999999999999999"}, "map[06:6 6:6]"},
		{user, "id", []string{"50", "4711"}, "map[50:50]"},
		{user, "login", []string{"nora", "nora@example.com", ""}, "map[nora:50]"},
		{user, "email", []string{"nora", "nora@example.com", ""}, "map[nora@example.com:50]"},
	} {
		if got, err := tc.find(tc.column, tc.values...); err != nil || fmt.Sprint(got) != tc.want {
			t.Errorf("by %s %v: %v, %v, want %s", tc.column, tc.values, got, err, tc.want)
		}
	}
}
