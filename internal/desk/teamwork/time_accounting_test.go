package teamwork_test

import (
	"encoding/json"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
)

func TestTimeUnitAsItIsSent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		sent any
		want string // empty: refused
	}{
		{json.Number("15"), "15.00"},
		{json.Number("1.255e1"), "12.55"},
		{"60.0", "60.00"},
		{" 1,5 ", "1.50"},
		{"-0.001", "0.00"},
		{"-2", "-2.00"},
		{"9999999999.98", "9999999999.98"},
		{"10000000000", ""},
		{json.Number("1e999999999"), ""},
		{"NaN", ""},
		{"Inf", ""},
		{"1,000,000", ""},
		{"an hour", ""},
		{"", ""},
		{nil, ""},
		{true, ""},
		{[]any{"1"}, ""},
	} {
		got, err := teamwork.TimeUnit(tc.sent)
		if got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("time unit of %v = %q, %v, want %q", tc.sent, got, err, tc.want)
		}
	}
}

func TestWhoMayAccountTime(t *testing.T) {
	t.Parallel()
	on := &desk.Catalog{Settings: desk.Settings{"time_accounting": json.RawMessage("true")}}
	off := &desk.Catalog{}
	ticket := desk.Ticket{GroupID: 1, CustomerID: 9}
	agent := func(level desk.Access) *desk.Caller {
		return &desk.Caller{Permissions: []string{"ticket.agent"}, Groups: desk.GroupAccess{1: {level}}}
	}
	for _, tc := range []struct {
		name    string
		who     *desk.Caller
		catalog *desk.Catalog
		want    string
	}{
		{"change access", agent(desk.AccessChange), on, ""},
		{"create access", agent(desk.AccessCreate), on, ""},
		{"read access", agent(desk.AccessRead), on, "Not authorized"},
		{"the customer", &desk.Caller{User: desk.User{ID: 9}, Permissions: []string{"ticket.customer"}}, on, "Not authorized"},
		{"switched off", agent(desk.AccessFull), off, "Not authorized (Time Accounting is not enabled)!"},
		{"administrator", &desk.Caller{Permissions: []string{"admin"}}, off, ""},
	} {
		got := ""
		if err := teamwork.MayAccountTime(tc.who, ticket, tc.catalog); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
