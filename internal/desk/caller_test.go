package desk_test

import (
	"slices"
	"testing"

	"postroom/internal/desk"
)

func TestPermissionsOfACaller(t *testing.T) {
	t.Parallel()
	admin := []string{"admin", "report", "user_preferences"}
	for _, tc := range []struct {
		name        string
		permissions []string
		inactive    []string
		token       []string // nil: none
		ask         string
		user, both  bool
	}{
		{"exactly", []string{"ticket.agent"}, nil, nil, "ticket.agent", true, true},
		{"through a parent", admin, nil, nil, "admin.user", true, true},
		{"a child that no table knows", admin, nil, nil, "admin.integration.ldap", true, true},
		{"a parent through its child", []string{"admin.user"}, nil, nil, "admin", false, false},
		{"a name that only begins alike", []string{"ticket.agent"}, nil, nil, "ticket.agents", false, false},
		{"any below", []string{"admin.user"}, nil, nil, "admin.*", true, true},
		{"any below, parent held", admin, nil, nil, "admin.*", true, true},
		{"any below, none held", []string{"administrator"}, nil, nil, "admin.*", false, false},
		{"both", []string{"ticket.agent", "report"}, nil, nil, "ticket.agent+report", true, true},
		{"both, one held", []string{"ticket.agent"}, nil, nil, "ticket.agent+report", false, false},
		{"inactive", admin, []string{"admin.user"}, nil, "admin.user", false, false},
		{"token holds it", admin, nil, []string{"admin.user"}, "admin.user", true, true},
		{"token holds a parent", admin, nil, []string{"admin"}, "admin.user", true, true},
		{"token holds less", admin, nil, []string{"admin.group"}, "admin.user", true, false},
		{"token holds more", []string{"ticket.agent"}, nil, []string{"admin"}, "admin.user", false, false},
		{"token without permissions", admin, nil, []string{}, "admin.user", true, false},
		{"any below, token and user hold the same", admin, nil, []string{"admin.user"}, "admin.*", true, true},
		{"any below, token and user hold others", []string{"admin.group"}, nil, []string{"admin.user"}, "admin.*", true, false},
	} {
		caller := &desk.Caller{Permissions: tc.permissions, Inactive: tc.inactive}
		if tc.token != nil {
			caller.Token = &desk.TokenLimit{Permissions: tc.token}
		}
		if got := caller.UserCan(tc.ask); got != tc.user {
			t.Errorf("%s: user can %s = %t, want %t", tc.name, tc.ask, got, tc.user)
		}
		if got := caller.Can(tc.ask); got != tc.both {
			t.Errorf("%s: caller can %s = %t, want %t", tc.name, tc.ask, got, tc.both)
		}
	}
}

func TestFullAccessContainsAll(t *testing.T) {
	t.Parallel()
	caller := &desk.Caller{Groups: desk.GroupAccess{3: {desk.AccessFull}, 1: {desk.AccessRead, desk.AccessCreate}, 2: {desk.AccessOverview}}}
	for level, want := range map[desk.Access][]desk.GroupID{
		desk.AccessRead: {1, 3}, desk.AccessCreate: {1, 3}, desk.AccessChange: {3}, desk.AccessOverview: {2, 3}, desk.AccessFull: {3},
	} {
		if got := caller.GroupsWith(level); !slices.Equal(got, want) {
			t.Errorf("groups with %s = %v, want %v", level, got, want)
		}
	}
	if got := (&desk.Caller{}).GroupsWith(desk.AccessRead); got == nil || len(got) != 0 {
		t.Errorf("groups of nobody = %#v, want an empty list", got)
	}
}

func TestAccessMapsAreChecked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		levels []desk.Access
		want   string
	}{
		{[]desk.Access{desk.AccessRead, desk.AccessChange}, ""},
		{[]desk.Access{desk.AccessFull}, ""},
		{[]desk.Access{desk.AccessFull, desk.AccessRead}, "Access User can have full or granular access to group"},
		{[]desk.Access{"write"}, "Access is not included in the list"},
	} {
		got := ""
		if err := (desk.GroupAccess{1: tc.levels}).ValidAccess("User"); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%v: %q, want %q", tc.levels, got, tc.want)
		}
	}
}
