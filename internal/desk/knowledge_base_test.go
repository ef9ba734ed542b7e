package desk_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
)

func TestStatesOfAnAnswer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	before, after := now.Add(-time.Hour), now.Add(time.Hour)
	for _, tc := range []struct {
		name                          string
		internal, published, archived *time.Time
		want                          string
	}{
		{"new", nil, nil, nil, desk.KBDraft},
		{"to be internal", &after, nil, nil, desk.KBDraft},
		{"internal", &before, nil, nil, desk.KBInternal},
		{"to be published", &before, &after, nil, desk.KBInternal},
		{"published this moment", &before, &now, nil, desk.KBPublished},
		{"to be archived", &before, &before, &after, desk.KBPublished},
		{"archived", &before, &before, &before, desk.KBArchived},
	} {
		a := desk.KBAnswer{InternalAt: tc.internal, PublishedAt: tc.published, ArchivedAt: tc.archived}
		if got := a.State(now); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestWhatCanBeDoneToAnAnswer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		events []string
		want   string // state, or the refusal of the last event
	}{
		{[]string{"internal"}, desk.KBInternal},
		{[]string{"publish"}, desk.KBPublished},
		{[]string{"publish", "internal"}, desk.KBInternal},
		{[]string{"internal", "publish", "archive"}, desk.KBArchived},
		{[]string{"publish", "archive", "unarchive"}, desk.KBPublished},
		{[]string{"archive", "unarchive"}, desk.KBDraft},
		{[]string{"publish", "publish"}, "Event 'publish' cannot transition from 'published'."},
		{[]string{"archive", "internal"}, "Event 'internal' cannot transition from 'archived'."},
		{[]string{"unarchive"}, "Event 'unarchive' cannot transition from 'draft'."},
		{[]string{"burn"}, "Event 'burn' cannot transition from 'draft'."},
	} {
		var a desk.KBAnswer
		var err error
		for _, event := range tc.events {
			err = a.Move(event, 3, now)
		}
		got := a.State(now)
		if err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%v: %s, want %s", tc.events, got, tc.want)
		}
	}
}

func TestAccessToCategories(t *testing.T) {
	t.Parallel()
	id := func(id desk.KBCategoryID) *desk.KBCategoryID { return &id }
	tree := &desk.KBTree{
		Categories: map[desk.KBCategoryID]desk.KBCategory{
			1: {ID: 1}, 2: {ID: 2, ParentID: id(1)}, 3: {ID: 3, ParentID: id(2)}, 4: {ID: 4, Position: -1},
		},
		Roles:  []desk.KBRole{{ID: 10, Editor: true}, {ID: 20, Reader: true}},
		Grants: []desk.KBGrant{{CategoryID: id(2), RoleID: 20, Access: desk.KBNone}, {CategoryID: id(3), RoleID: 20, Access: desk.KBReader}, {CategoryID: id(1), RoleID: 10, Access: desk.KBReader}},
	}
	both := []string{"knowledge_base.editor", "knowledge_base.reader"}
	person := func(permissions []string, roles ...desk.RoleID) *desk.Caller {
		return &desk.Caller{Permissions: permissions, RoleIDs: roles}
	}
	limited := person(both, 10)
	limited.Token = &desk.TokenLimit{Permissions: []string{"knowledge_base.reader"}}
	for _, tc := range []struct {
		name     string
		who      *desk.Caller
		category *desk.KBCategoryID
		want     desk.KBAccess
	}{
		{"nobody", nil, id(1), desk.KBNone},
		{"without a permission", person(nil, 10), id(4), desk.KBNone},
		{"a reader", person(both[1:], 20), id(1), desk.KBReader},
		{"a reader where nothing is given", person(both[1:], 20), id(2), desk.KBNone},
		{"a reader where an outer category is closed", person(both[1:], 20), id(3), desk.KBNone},
		{"an editor", person(both, 10), id(4), desk.KBEditor},
		{"an editor of the whole", person(both, 10), nil, desk.KBEditor},
		{"an editor where only reading is given", person(both, 10), id(3), desk.KBReader},
		{"the better of two roles", person(both, 20, 10), id(2), desk.KBReader},
		{"an editor through a token of a reader", limited, id(4), desk.KBReader},
	} {
		if got := tree.Access(tc.who, tc.category); got != tc.want {
			t.Errorf("%s has %v, want %v", tc.name, got, tc.want)
		}
	}
	if !tree.Within(3, 1) || !tree.Within(1, 1) || tree.Within(1, 3) {
		t.Error("3 is within 1, 1 within itself and not within 3")
	}
	if top := tree.Children(nil); len(top) != 2 || top[0].ID != 4 {
		t.Errorf("outermost categories are %v, want 4 and 1", top)
	}
}

func TestLocalesByIDAndName(t *testing.T) {
	t.Parallel()
	if got := desk.DefaultLocale.Locale(); got != "en-us" {
		t.Errorf("the default is %q", got)
	}
	if id := desk.LocaleNamed("DE-DE"); id.Locale() != "de-de" {
		t.Errorf("DE-DE is %d, %q", id, id.Locale())
	}
	for _, id := range []desk.LocaleID{desk.LocaleNamed("xx"), -1, 999} {
		if got := id.Locale(); got != "" {
			t.Errorf("locale %d is %q, want none", id, got)
		}
	}
}
