package search_test

import (
	"fmt"
	"net/url"
	"reflect"
	"testing"

	"postroom/internal/devstack/searchengine"
)

// shown are passages, as JSON has them.
type shown map[string]any

func passages(texts ...any) []any { return texts }

// highlights holds where things were found against the answers, in every shape.
func (o *scene) highlights(asked string) {
	o.T.Helper()
	for _, tc := range []struct {
		who, kind, query string
		want             shown
	}{
		{"emma", "tickets", "cyan", shown{"article.body": passages("<em>Cyan</em> please")}},
		{"emma", "tickets", "toner -printer", shown{"title": passages("Order more <em>toner</em>")}},
		{"emma", "tickets", "title:toner OR title:cyan", shown{"title": passages("Order more <em>toner</em>")}},
		{"emma", "tickets", "PAPER-JAM-42", shown{"article.body": passages("It says <em>PAPER-JAM-42</em> in tray two")}},
		{"emma", "tickets", "number:1000* AND lone", shown{"number": passages("<em>10002</em>"), "article.from": passages("<em>lone</em>@example.com")}},
		{"emma", "tickets", "warranty", shown{"article.body": passages("he broke the <em>warranty</em> seal")}},
		{"david", "tickets", "broken OR warranty", shown{"title": passages("Printer 5f3a.1234 is <em>broken</em>")}}, // the note is internal
		{"emma", "tickets", "state_id:4", shown{}},
		{"emma", "users", "zanzibar", shown{"city": passages("<em>Zanzibar</em>")}},
		{"emma", "organizations", "acme.example", shown{"domain": passages("<em>acme.example</em>")}},
	} {
		about := fmt.Sprintf("%s: %s looks in %s for %s", asked, tc.who, tc.kind, tc.query)
		path := "/" + tc.kind + "/search?highlight=true&query=" + url.QueryEscape(tc.query)
		for _, shape := range []string{"", "&expand=true"} {
			list := o.Get(tc.who, path+shape).Is(200).List()
			if len(list) != 1 {
				o.T.Errorf("%s: finds %d, want one", about, len(list))
				continue
			}
			if got := list[0]["highlight"]; !reflect.DeepEqual(got, map[string]any(tc.want)) {
				o.T.Errorf("%s%s: %v, want %v", about, shape, got, tc.want)
			}
		}
		full := o.Get(tc.who, path+"&full=true").Is(200).Object()
		id := fmt.Sprint(full["record_ids"].([]any)[0])
		if got := full["highlights"].(map[string]any)[id]; !reflect.DeepEqual(got, map[string]any(tc.want)) {
			o.T.Errorf("%s, full: %v, want %v", about, got, tc.want)
		}
	}
	hit := o.Get("emma", "/search?query=zanzibar&highlight=true").Is(200).Object()["result"].([]any)[0].(map[string]any)
	if want := map[string]any(shown{"city": passages("<em>Zanzibar</em>")}); !reflect.DeepEqual(hit["highlight"], want) {
		o.T.Errorf("%s: across kinds: %v, want %v", asked, hit["highlight"], want)
	}
	counted := o.Get("emma", "/search/ticket?query=cyan&highlight=true&by_object=true").Is(200).Object()["result"].(map[string]any)
	if tickets := counted["Ticket"].(map[string]any); len(tickets["highlights"].(map[string]any)) != 1 {
		o.T.Errorf("%s: by object: %v, want the passages of one ticket", asked, tickets)
	}
	if got := o.Get("emma", "/tickets/search?query=cyan").Is(200).List()[0]; got["highlight"] != nil {
		o.T.Errorf("%s: %v is shown though nobody asked for it", asked, got["highlight"])
	}
}

func TestHighlightsWithPostgreSQL(t *testing.T) {
	t.Parallel()
	openScene(t).highlights("postgresql")
}

func TestHighlightsWithSearchEngine(t *testing.T) {
	t.Parallel()
	openEngine(t, searchengine.URL(t)).highlights("engine")
}
