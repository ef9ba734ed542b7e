package search_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/search"
)

var now = time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)

// written writes a query so that it can be read: values in place, words in angle brackets.
func written(t testing.TB, text string, attributes *rules.Attributes) string {
	t.Helper()
	add := func(value any) string {
		if at, isTime := value.(time.Time); isTime {
			return at.Format("2006-01-02T15:04:05.999Z")
		}
		return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprint(value), "["), "]")
	}
	sql := search.Parse(text, attributes, now).Query.SQL(rules.Context{Now: now}, rules.Finder{
		Statement: rules.Statement{Add: add, Custom: func(row string, a *desk.Attribute) string { return row + ".custom." + a.Name }},
		Words:     func(patterns []string) string { return "<" + strings.Join(patterns, "|") + ">" },
	})
	return strings.ReplaceAll(sql, `"`, "")
}

func TestTextBecomesQuery(t *testing.T) {
	t.Parallel()
	catalog := &desk.Catalog{
		States: map[desk.StateID]desk.State{3: {Name: "pending reminder"}}, Groups: map[desk.GroupID]desk.Group{1: {Name: "A b C"}},
	}
	catalog.Attributes = map[string][]desk.Attribute{"Ticket": {
		{Object: "Ticket", Name: "color", DataType: "select", Active: true, Editable: true},
		{Object: "Ticket", Name: "parts", DataType: "multiselect", Active: true, Editable: true},
		{Object: "Ticket", Name: "asset", DataType: "autocompletion_ajax_external_data_source", Active: true, Editable: true},
	}}
	tickets := rules.TicketAttributes(catalog)
	for _, tc := range []struct{ text, want string }{
		{"", "true"},
		{"  *  ", "true"},
		{"*:*", "<:>"},
		{"printer", "<printer>"},
		{"printer fire", "(<printer> AND <fire>)"},
		{"printer AND fire", "(<printer> AND <fire>)"},
		{"printer OR fire", "<printer|fire>"},
		{"printer || toner && fire", "(<printer> OR (<toner> AND <fire>))"},
		{`"on fire" now`, "(<on fire> AND <now>)"},
		{"NOT printer", "(<printer>) IS NOT TRUE"},
		{"-printer !toner +fire", "((<printer>) IS NOT TRUE AND (<toner>) IS NOT TRUE AND <fire>)"},
		{"(printer OR toner) fire", "(<printer|toner> AND <fire>)"},
		{"prin*er", "<prin%er>"},
		{"*inter* f?re", "(<inter> AND <f_re>)"},
		{"5f3a.1234", "<5f3a.1234>"},
		{"foo-bar_100%", `<foo-bar\_100\%>`},
		{"a - b", "(<a> AND <b>)"},
		{"http://example.org/a?b", "<http://example.org/a_b>"},
		{"Re: printer", "(<Re:> AND <printer>)"},
		{"Ticket#12345", "<Ticket#12345>"},
		{"+49 30 123", "(<49> AND <30> AND <123>)"},
		{"nicole@example.org", "<nicole@example.org>"},
		{`say \(now\) a\*b`, `(<say> AND <(now)> AND <a*b>)`},
		{"printer^2 fire~1", "(<printer> AND <fire>)"},

		{"number:10*", `(<10> AND t.number ~* \m10\w*\M)`},
		{"title:foo*", `(<foo> AND t.title ~* \mfoo\w*\M)`},
		{`title:"on fire"`, `(<on> AND <fire> AND t.title ~* \mon fire\M)`},
		{"title: fire", `(<fire> AND t.title ~* \mfire\M)`},
		{"title:c++", `(<c> AND t.title ~* \mc\+\+)`},
		{"title:(foo bar)", `((<foo> AND t.title ~* \mfoo\M) AND (<bar> AND t.title ~* \mbar\M))`},
		{"ticket.id:5", "t.id = 5"},
		{"state_id:(1 OR 2)", "(t.state_id = 1 OR t.state_id = 2)"},
		{"state.name:(new OR open) AND title:foo*", `((t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \mnew\M)` +
			` OR t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \mopen\M)) AND (<foo> AND t.title ~* \mfoo\w*\M))`},
		{`state.name:"pending reminder"`, `t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \mpending reminder\M)`},
		// Programs write names without quotes.
		{"state.name:pending reminder", `(t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \mpending\M)` +
			` AND (<reminder> OR t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \mreminder\M)))`},
		{"NOT group.name:a b c", `((t.group_id IN (SELECT x.id FROM groups x WHERE x.name ~* \ma\M)) IS NOT TRUE` +
			` AND (<b> OR t.group_id IN (SELECT x.id FROM groups x WHERE x.name ~* \mb\M))` +
			` AND (<c> OR t.group_id IN (SELECT x.id FROM groups x WHERE x.name ~* \mc\M)))`},
		{"state.name:open printer", "(t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \\mopen\\M) AND <printer>)"},
		{"state.name:open AND reminder", "(t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \\mopen\\M) AND <reminder>)"},
		{"state.name:(open new) reminder", `((t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \mopen\M)` +
			` AND t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name ~* \mnew\M)) AND <reminder>)`},
		{`state.name.keyword:"pending reminder"`, `t.state_id IN (SELECT x.id FROM ticket_states x WHERE x.name = ANY(pending reminder))`},
		{"title.keyword:Fire", "(<fire> AND t.title = ANY(Fire))"},
		{"title.keyword:F*", "(<f> AND t.title ~* \\mF\\w*\\M)"},
		{"tags.keyword:vip", "EXISTS (SELECT FROM taggings g JOIN tags n ON n.id = g.tag_id WHERE g.object = 'Ticket' AND g.o_id = t.id AND n.name = ANY(vip))"},
		{"_exists_:note.keyword", "t.note IS NOT NULL"},
		{"asset:7 OR asset.value:8", "(t.custom.asset = ANY(7) OR t.custom.asset = ANY(8))"},
		{"title.value:7", "<title.value:7>"},
		{"www.example.org:8080", "<www.example.org:8080>"},
		{"customer.email:a.b@c.org", `t.customer_id IN (SELECT x.id FROM users x WHERE x.email ~* \ma\.b\@c\.org\M)`},
		{"article.body:fire", `(<fire> AND EXISTS (SELECT FROM ticket_articles a WHERE a.ticket_id = t.id AND a.body ~* \mfire\M))`},
		{"tags:vip", "EXISTS (SELECT FROM taggings g JOIN tags n ON n.id = g.tag_id WHERE g.object = 'Ticket' AND g.o_id = t.id AND n.name = ANY(vip))"},
		{"color:red", `t.custom.color ~* \mred\M`},
		{"parts:a", `t.custom.parts ?| a`},
		{"article_count:>3", "t.article_count > ALL(3::text[]::numeric[])"},
		{"article_count:[2 TO 5}", "(t.article_count >= ALL(2::text[]::numeric[]) AND t.article_count < ALL(5::text[]::numeric[]))"},
		{"created_at:>=2026-01-02", "(t.created_at >= 2026-01-02T00:00:00Z)"},
		{"created_at:>2026-01-02", "(t.created_at >= 2026-01-03T00:00:00Z)"},
		{"created_at:<2026-01-02", "(t.created_at <= 2026-01-01T23:59:59.999Z)"},
		{"created_at:[2026-01-02 TO 2026-01-03]", "((t.created_at >= 2026-01-02T00:00:00Z) AND (t.created_at <= 2026-01-03T23:59:59.999Z))"},
		{"created_at:[now-7d TO *]", "(t.created_at >= 2026-04-27T09:30:00Z)"},
		{"created_at:2026-01", "((t.created_at >= 2026-01-01T00:00:00Z) AND (t.created_at <= 2026-01-31T23:59:59.999Z))"},
		{"_exists_:organization_id", "t.organization_id IS NOT NULL"},
		{"NOT _exists_:pending_time", "(t.pending_time IS NOT NULL) IS NOT TRUE"},
		{"pending_time:*", "t.pending_time IS NOT NULL"},
		// What makes no sense is looked for as it was typed.
		{"state_id:abc", "<abc>"},
		{"created_at:tomorrow", "<tomorrow>"},
		{"nothing:here", "<nothing:here>"},
		{"title:", "<title:>"},
		{"(((", "true"},
		{") a (", "<a>"},
		{`"open end`, "<open end>"},
		{"AND OR NOT", "true"},
		{"NOT", "true"},
	} {
		if got := written(t, tc.text, tickets); got != tc.want {
			t.Errorf("%s\n  becomes %s\n  want    %s", tc.text, got, tc.want)
		}
	}
}

func TestTextBecomesQueryOfEngine(t *testing.T) {
	t.Parallel()
	tickets := rules.TicketAttributes(&desk.Catalog{States: map[desk.StateID]desk.State{3: {Name: "Pending Reminder"}}})
	for _, tc := range []struct{ text, want string }{
		{"", "*:*"},
		{"printer", "printer*"},
		{"Printer fire", "(Printer* AND fire*)"},
		{"printer OR toner AND NOT fire", "(printer* OR (toner* AND (*:* AND NOT fire*)))"},
		{"prin*er f?re *jam", "(prin*er* AND f?re* AND *jam*)"},
		{`"on fire"`, `"on fire"`},
		{"5f3a.1234", `"5f3a.1234"`},
		{`a/b <x> c\d "q`, `("a/b" AND "<x>" AND cd* AND "q")`},
		{"Re: printer", `("Re:" AND printer*)`},
		{"nothing:here", `"nothing:here"`},
		{"title:foo", "title:foo"},
		{"ticket.title:foo* number:1?3", "(title:foo* AND number:1?3)"},
		{`title:"on fire"`, `title:"on fire"`},
		{"title:on-fire", `title:"on-fire"`},
		{"state.name:(new OR open)", "(state.name:new OR state.name:open)"},
		{"state.name:pending reminder", "(state.name:pending AND (reminder* OR state.name:reminder))"},
		{`state.name.keyword:"pending reminder"`, `state.name.keyword:"pending reminder"`},
		{"customer.email:a.b@c.org", `customer.email:"a.b@c.org"`},
		{"article.body:fire", "article.body:fire"},
		{"tags:vip", `tags.keyword:"vip"`},
		{"state_id:4", `state_id:"4"`},
		{"article_count:>3", `article_count:{"3" TO *}`},
		{"article_count:[2 TO 5}", `(article_count:["2" TO *] AND article_count:{* TO "5"})`},
		{"created_at:[now-1d TO now]", `(created_at:["2026-05-03T09:30:00Z" TO *] AND created_at:[* TO "2026-05-04T09:30:00Z"])`},
		{"created_at:2026-01-02", `(created_at:["2026-01-02T00:00:00Z" TO *] AND created_at:[* TO "2026-01-02T23:59:59.999Z"])`},
		{"_exists_:organization_id", "_exists_:organization_id"},
		{"created_at:tomorrow", `"tomorrow"`},
		{"(((", "*:*"},
	} {
		if got := search.Parse(tc.text, tickets, now).Engine; got != tc.want {
			t.Errorf("%s\n  becomes %s\n  want    %s", tc.text, got, tc.want)
		}
	}
}

func TestAttributesDependOnWhatIsSearched(t *testing.T) {
	t.Parallel()
	catalog := &desk.Catalog{}
	for _, tc := range []struct {
		attributes *rules.Attributes
		text, want string
	}{
		{rules.UserAttributes(catalog), "login:nicole active:true", `((u.id <> 1 AND u.login ~* \mnicole\M) AND (u.id <> 1 AND u.active = ANY(true)))`},
		{rules.UserAttributes(catalog), "organization.name:acme",
			`(u.id <> 1 AND u.organization_id IN (SELECT x.id FROM organizations x WHERE x.name ~* \macme\M))`},
		{rules.UserAttributes(catalog), "title:x", "<title:x>"},
		{rules.OrganizationAttributes(catalog), "domain:example.org vip:false", `(o.domain ~* \mexample\.org\M AND o.vip = ANY(false))`},
	} {
		if got := written(t, tc.text, tc.attributes); got != tc.want {
			t.Errorf("%s of %s\n  becomes %s\n  want    %s", tc.text, tc.attributes.Class(), got, tc.want)
		}
	}
}

func TestLongTextsStayBounded(t *testing.T) {
	t.Parallel()
	tickets := rules.TicketAttributes(&desk.Catalog{})
	if got := written(t, strings.Repeat("word ", 2000), tickets); strings.Count(got, "<") > 64 {
		t.Errorf("a text of 2000 words asks for %d", strings.Count(got, "<"))
	}
	if got := written(t, strings.Repeat("(", 3000)+"deep", tickets); len(got) > 100 {
		t.Errorf("3000 brackets become %s", got)
	}
}

// FuzzParse: whatever is typed becomes a query, and brackets in it are those we wrote.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"a AND (b OR c", `title:"x`, "id:[1 TO", "created_at:>now-1d/d", `\`, "a:b:c", "-", "~^", "[x TO y]", "\xff\x00", "tags:(a b) OR", "!!a"} {
		f.Add(text)
	}
	tickets := rules.TicketAttributes(&desk.Catalog{})
	f.Fuzz(func(t *testing.T, text string) {
		sql := search.Parse(text, tickets, now).Query.SQL(rules.Context{Now: now}, rules.Finder{
			Statement: rules.Statement{Add: func(any) string { return "$" }},
			Words:     func([]string) string { return "w" },
		})
		if sql == "" || strings.Count(sql, "(") != strings.Count(sql, ")") {
			t.Errorf("%q becomes %q", text, sql)
		}
	})
}
