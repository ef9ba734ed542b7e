package teamwork_test

import (
	"encoding/json"
	"slices"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
)

func TestTicketThatAnItemNames(t *testing.T) {
	t.Parallel()
	settings := desk.Settings{}
	for name, value := range map[string]any{
		"http_type": "https", "fqdn": "desk.example.com", "ticket_hook": "Ticket#", "system_id": "20",
		"ticket_number": desk.NumberIncrement,
	} {
		settings[name], _ = json.Marshal(value)
	}
	c := &desk.Catalog{Settings: settings}
	for _, tc := range []struct {
		text    string
		id      desk.TicketID
		numbers []string
	}{
		{"call back", 0, nil},
		{"Ticket#20017", 0, []string{"20017"}},
		{"wait for Ticket#20017, then close", 0, []string{"20017"}},
		{"https://desk.example.com/#ticket/zoom/17", 17, nil},
		{"see https://desk.example.com/#ticket/zoom/17/3 first", 17, nil},
		{"https://desk.example.com/desktop/tickets/17", 17, nil},
		{"https://desk.example.com/mobile/tickets/17/information", 17, nil},
		{"https://elsewhere.example.com/#ticket/zoom/17", 0, nil},
		{"https://desk.example.com.evil.example/#ticket/zoom/17", 0, nil},
		{"https://desk.example.com/#ticket/zoom/99999999999999999999", 0, nil},
	} {
		got := teamwork.TicketReferenceIn(tc.text, c)
		if got.ID != tc.id || !slices.Equal(got.Numbers, tc.numbers) {
			t.Errorf("ticket in %q = %+v, want %d %v", tc.text, got, tc.id, tc.numbers)
		}
	}
}
