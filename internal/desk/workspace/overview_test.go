package workspace

import "testing"

func TestLinkName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"My Assigned Tickets":        "my_assigned_tickets",
		"Unassigned & Open Tickets!": "unassigned_open_tickets",
		"  __ Overdue -- 24h  ":      "overdue_24h",
		"Überfällige Großaufträge":   "uberfallige_grossauftrage",
		"Érablière Œuvre":            "erabliere_oeuvre",
		"../../etc":                  "etc",
		"チケット":                       "",
		"":                           "",
	} {
		if got := LinkName(name); got != want {
			t.Errorf("link of %q = %q, want %q", name, got, want)
		}
	}
}

func TestPublicLinkThatLeadsNowhereIsRefused(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://example.com/imprint?a=1": "",
		"http://localhost:3000":           "",
		"":                                "Link can't be blank",
		"ftp://example.com":               "Invalid link 'ftp://example.com'.",
		"//example.com":                   "Invalid link '//example.com'.",
		"https:example.com":               "Invalid link 'https:example.com'.",
		"http://exa mple.com":             "Invalid link 'http://exa mple.com'.",
		"data:text/html,x":                "Invalid link 'data:text/html,x'.",
	} {
		l := PublicLink{Link: link, Title: "x", Screen: []string{"login"}}
		got := ""
		if err := l.Check(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", link, got, want)
		}
	}
}
