package kb_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/kb"
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
		{"new", nil, nil, nil, kb.Draft},
		{"to be internal", &after, nil, nil, kb.Draft},
		{"internal", &before, nil, nil, kb.Internal},
		{"to be published", &before, &after, nil, kb.Internal},
		{"published this moment", &before, &now, nil, kb.Published},
		{"to be archived", &before, &before, &after, kb.Published},
		{"archived", &before, &before, &before, kb.Archived},
	} {
		a := kb.Answer{InternalAt: tc.internal, PublishedAt: tc.published, ArchivedAt: tc.archived}
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
		{[]string{"internal"}, kb.Internal},
		{[]string{"publish"}, kb.Published},
		{[]string{"publish", "internal"}, kb.Internal},
		{[]string{"internal", "publish", "archive"}, kb.Archived},
		{[]string{"publish", "archive", "unarchive"}, kb.Published},
		{[]string{"archive", "unarchive"}, kb.Draft},
		{[]string{"publish", "publish"}, "Event 'publish' cannot transition from 'published'."},
		{[]string{"archive", "internal"}, "Event 'internal' cannot transition from 'archived'."},
		{[]string{"unarchive"}, "Event 'unarchive' cannot transition from 'draft'."},
		{[]string{"burn"}, "Event 'burn' cannot transition from 'draft'."},
	} {
		var a kb.Answer
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
	id := func(id kb.CategoryID) *kb.CategoryID { return &id }
	tree := &kb.Tree{
		Categories: map[kb.CategoryID]kb.Category{
			1: {ID: 1}, 2: {ID: 2, ParentID: id(1)}, 3: {ID: 3, ParentID: id(2)}, 4: {ID: 4, Position: -1},
		},
		Roles:  []kb.Role{{ID: 10, Editor: true}, {ID: 20, Reader: true}},
		Grants: []kb.Grant{{CategoryID: id(2), RoleID: 20, Access: kb.None}, {CategoryID: id(3), RoleID: 20, Access: kb.Reader}, {CategoryID: id(1), RoleID: 10, Access: kb.Reader}},
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
		category *kb.CategoryID
		want     kb.Access
	}{
		{"nobody", nil, id(1), kb.None},
		{"without a permission", person(nil, 10), id(4), kb.None},
		{"a reader", person(both[1:], 20), id(1), kb.Reader},
		{"a reader where nothing is given", person(both[1:], 20), id(2), kb.None},
		{"a reader where an outer category is closed", person(both[1:], 20), id(3), kb.None},
		{"an editor", person(both, 10), id(4), kb.Editor},
		{"an editor of the whole", person(both, 10), nil, kb.Editor},
		{"an editor where only reading is given", person(both, 10), id(3), kb.Reader},
		{"the better of two roles", person(both, 20, 10), id(2), kb.Reader},
		{"an editor through a token of a reader", limited, id(4), kb.Reader},
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
