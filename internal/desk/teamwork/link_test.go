package teamwork_test

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"postroom/internal/desk/teamwork"
)

func TestLinksOfANewTicket(t *testing.T) {
	t.Parallel()
	type links = []teamwork.TicketLink
	for _, tc := range []struct {
		name, sent string
		want       links
		refused    string
	}{
		{"none", `null`, nil, ""},
		{"blank", `""`, nil, ""},
		{"numbers and texts", `{"Ticket":{"parent":[3,"4"],"child":[5]}}`, links{{"parent", 3}, {"parent", 4}, {"child", 5}}, ""},
		{"a type of one's own", `{"Ticket":{"duplicate":[3]}}`, links{{"duplicate", 3}}, ""},
		{"a list", `[1]`, nil, "Invalid link structure"},
		{"another object", `{"User":{"normal":[1]}}`, nil, "Invalid link structure (Object)"},
		{"no types", `{"Ticket":[1]}`, nil, "Invalid link structure (Object)"},
		{"no list of ids", `{"Ticket":{"parent":1}}`, nil, "Invalid link structure (Object → LinkType)"},
		{"no id", `{"Ticket":{"parent":["x"]}}`, nil, "Invalid link structure (Object → LinkType)"},
	} {
		decoder := json.NewDecoder(strings.NewReader(tc.sent))
		decoder.UseNumber()
		var sent any
		if err := decoder.Decode(&sent); err != nil {
			t.Fatal(err)
		}
		got, err := teamwork.LinksIn(sent)
		refused := ""
		if err != nil {
			refused = err.Error()
		}
		slices.SortFunc(got, func(a, b teamwork.TicketLink) int { return cmp.Compare(a.TicketID, b.TicketID) })
		if !slices.Equal(got, tc.want) || refused != tc.refused {
			t.Errorf("%s: links of %s = %v, %q, want %v, %q", tc.name, tc.sent, got, refused, tc.want, tc.refused)
		}
	}
}
