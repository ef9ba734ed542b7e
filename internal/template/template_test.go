package template_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/template"
)

// records are everybody that texts can name here.
type records struct{}

func (records) User(id desk.UserID) (desk.User, bool) {
	all := map[desk.UserID]desk.User{
		1: {ID: 1, Login: "-"},
		7: {ID: 7, Firstname: "Nina", Lastname: `<b>O"Neil</b>`, Email: "nina@example.org", OrganizationID: new(desk.OrganizationID(3))},
		8: {ID: 8, Firstname: "Alma", Lastname: "Agent", Note: "two\nlines"},
	}
	u, known := all[id]
	return u, known
}

func (records) Organization(desk.OrganizationID) (desk.Organization, bool) {
	return desk.Organization{ID: 3, Name: "Ink & Co"}, true
}
func (records) Tags(desk.TicketID) []string { return []string{"a", "b"} }
func (records) Signature(desk.SignatureID) (desk.Signature, bool) {
	return desk.Signature{Body: "<i>Regards</i>"}, true
}

func (records) Picture(u desk.User) []byte {
	return map[desk.UserID][]byte{7: []byte("\x89PNG 7"), 8: []byte("GIF89a")}[u.ID]
}

func filler() *template.Filler {
	option := func(value string) map[string]any {
		return map[string]any{"options": map[string]any{value: "Label of " + value}}
	}
	catalog := &desk.Catalog{
		Settings: desk.Settings{"fqdn": json.RawMessage(`"desk.example.com"`), "smtp_password": json.RawMessage(`"x"`)},
		Groups:   map[desk.GroupID]desk.Group{2: {ID: 2, Name: "Sales::North", NameLast: "North", SignatureID: new(desk.SignatureID(1))}},
		States:   map[desk.StateID]desk.State{4: {ID: 4, Name: "closed", StateTypeID: 5}}, StateTypes: map[desk.StateTypeID]string{5: "closed"},
		Priorities:   map[desk.PriorityID]desk.Priority{3: {ID: 3, Name: "3 high"}},
		ArticleTypes: map[desk.ArticleTypeID]desk.ArticleType{1: {Name: "email"}}, Senders: map[desk.SenderID]string{2: "Customer"},
		Attributes: map[string][]desk.Attribute{"Ticket": {
			{Name: "kind", Object: "Ticket", DataType: "select", Editable: true, Active: true, DataOption: option("k1")},
			{Name: "kinds", Object: "Ticket", DataType: "multiselect", Editable: true, Active: true, DataOption: option("k1")},
			{Name: "story", Object: "Ticket", DataType: "textarea", Editable: true, Active: true},
			{Name: "due", Object: "Ticket", DataType: "date", Editable: true, Active: true},
			{Name: "part", Object: "Ticket", DataType: "autocompletion_ajax_external_data_source", Editable: true, Active: true},
		}},
	}
	house := template.House{Catalog: catalog, Records: records{}}
	ticket := desk.Ticket{
		ID: 5, Number: "70005", Title: "Printer <3", GroupID: 2, StateID: 4, PriorityID: 3, OwnerID: 8, CustomerID: 7,
		PendingTime: new(time.Date(2016, 11, 12, 12, 0, 0, 0, time.UTC)),
		Custom: map[string]any{
			"kind": "k1", "kinds": []any{"k1", "gone"}, "story": "one\n<two>", "due": "2026-02-03",
			"part": map[string]any{"value": "p-7", "label": "Toner"},
		},
		Stamp: desk.Stamp{CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), CreatedByID: 7},
	}
	article := desk.Article{ContentType: "text/html", Body: "<p>It is <b>empty</b></p><p>again</p>", TypeID: 1, SenderID: 2, From: new("Nina <nina@example.org>")}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return &template.Filler{
		Objects: map[string]template.Object{
			"ticket": house.Ticket(ticket), "article": house.Article(article),
			"config": template.Settings{All: catalog.Settings, Secret: func(name string) bool { return name == "smtp_password" }},
		},
		Locale: "en-us", Zone: berlin,
		Translate: func(text string) string { return map[string]string{"closed": "geschlossen"}[text] },
	}
}

func TestPlaceholdersAreFilledIn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want, html string }{
		{"#{ticket.title}", "Printer <3", "Printer &lt;3"},
		{"#{ ticket . customer.\n firstname }", "Nina", "Nina"},
		{"#{<b>ticket.number</b>}", "70005", "70005"},
		{`\#{ticket.title}`, "#{ticket.title}", "#{ticket.title}"},
		{"#{ticket.customer.lastname}", `<b>O"Neil</b>`, "&lt;b&gt;O&#34;Neil&lt;/b&gt;"},
		{"#{ticket.customer.organization.name}", "Ink & Co", "Ink &amp; Co"},
		{"#{ticket.owner.organization.name}", "", ""}, // has none
		{"#{ticket.group.name}/#{ticket.group.name_last}", "Sales::North/North", "Sales::North/North"},
		{"#{ticket.group.signature.body}", "Regards", "<i>Regards</i>"},
		{"#{ticket.state.state_type.name}", "closed", "closed"},
		{"#{ticket.tags}", "a, b", "a, b"},
		{"#{ticket.owner.note}", "two\nlines", "two<br>lines"},
		{"#{config.fqdn}", "desk.example.com", "desk.example.com"},
		{"#{config.smtp_password}", "#{config.smtp_password / no such method}", "#{config.smtp_password / no such method}"},
		{"#{ticket.kind} #{ticket.kind.value}", "k1 Label of k1", "k1 Label of k1"},
		{"#{ticket.kinds} #{ticket.kinds.value}", "k1, gone Label of k1, gone", "k1, gone Label of k1, gone"},
		{"#{ticket.part} #{ticket.part.value}", "p-7 Toner", "p-7 Toner"},
		{"#{ticket.story}", "one\n<two>", "one<br>&lt;two&gt;"},
		{"#{ticket.due}", "02/03/2026", "02/03/2026"},
		{"#{ticket.pending_time}", "11/12/2016  1:00 pm (Europe/Berlin)", "11/12/2016  1:00 pm (Europe/Berlin)"},
		{`#{dt(ticket.pending_time)}`, "2016-11-12 13:00:00", "2016-11-12 13:00:00"},
		{`#{dt(ticket.pending_time, "%d.%m.%y %H:%M", "Asia/Tokyo")}`, "12.11.16 21:00", "12.11.16 21:00"},
		{`#{dt(ticket.pending_time, &quot;%A&quot;)}`, "Saturday", "Saturday"},
		{"#{t('closed')} #{t(ticket.state.name)}", "geschlossen geschlossen", "geschlossen geschlossen"},
		{"#{article.body}", "", "&gt; It is empty<br>&gt; <br>&gt; again"},
		{"#{article.body_as_html}", "", "<p>It is <b>empty</b></p><p>again</p>"},
		{"#{article.from} #{article.type.name} #{article.sender.name}", "Nina <nina@example.org> email Customer", "Nina &lt;nina@example.org&gt; email Customer"},
		{"[#{ticket.customer.avatar(80, 40)}]", "[]", `[<img src="data:image/png;base64,iVBORyA3" width="80" height="40">]`},
		{"#{ticket.customer.avatar(30)}", "", `<img src="data:image/png;base64,iVBORyA3" width="30" height="30">`},
		{"#{ticket.customer.avatar}", "", `<img src="data:image/png;base64,iVBORyA3" width="60" height="60">`},
		{"[#{ticket.owner.avatar(60,60)}]", "[]", "[]"},
	} {
		if got := filler().ToText(tc.text); tc.want != "" && got != tc.want {
			t.Errorf("text of %s is %q, want %q", tc.text, got, tc.want)
		}
		if got := filler().ToHTML(tc.text); got != tc.html {
			t.Errorf("HTML of %s is %q, want %q", tc.text, got, tc.html)
		}
	}
}

func TestWhatCannotBeFilledInSaysSo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#{}":                          "#{no such object}",
		"#{foo.bar}":                   "#{foo / no such object}",
		"#{ticket}":                    "#{ticket / no such method}",
		"#{ticket.foo.bar}":            "#{ticket.foo / no such method}",
		"#{ticket.owner}":              "#{ticket.owner / no such method}",
		"#{ticket.customer.password}":  "#{ticket.customer.password / no such method}",
		"#{ticket.destroy}":            "#{ticket.destroy / not allowed}",
		"#{ticket.customer.update(a)}": "#{ticket.customer.update(a) / not allowed}",
		"#{`id`}":                      "#{`id` / not allowed}",
		"#{ticket.customer.avatar(x)}": "#{ticket.customer.avatar(x) / no such method}",
		"#{ticket.customer.login(60)}": "#{ticket.customer.login(60) / no such method}",
		"#{ticket.created_at.year}":    "#{ticket.created_at.year / no such method}",
		`#{dt(ticket.title)}`:          "#{dt(ticket.title) / invalid parameter}",
		`#{dt(ticket.created_at, "%Y", "Middle/Earth")}`: `#{dt(ticket.created_at, "%Y", "Middle/Earth") / invalid parameter}`,
		"#{ticket.created_by.firstname}":                 "Nina",
	} {
		if got := filler().ToText(text); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	terse := filler()
	terse.Terse = true
	if got := terse.ToText("a #{foo.bar} b"); got != "a - b" {
		t.Errorf("with errors off %q", got)
	}
}

func TestTimesAreWrittenAsALanguageDoes(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{
		"de-de": "12.11.2016 13:00 (Europe/Berlin)", "en-gb": "12/11/2016 13:00 (Europe/Berlin)", "xx": "2016-11-12 12:00:00 UTC",
	} {
		f := filler()
		f.Locale = locale
		if got := f.ToText("#{ticket.pending_time}"); got != want {
			t.Errorf("in %s %q, want %q", locale, got, want)
		}
	}
}

func TestAShortTextCannotBecomeEndless(t *testing.T) {
	t.Parallel()
	f := filler()
	f.Objects["article"] = template.Values{"body": strings.Repeat("x", 1<<20)}
	if got := len(f.ToText(strings.Repeat("#{article.body}", 100))); got > 3<<20 {
		t.Errorf("%d bytes", got)
	}
}

func FuzzFill(f *testing.F) {
	for _, text := range []string{"#{ticket.title}", "#{dt(ticket.created_at,\"%Y\")}", "\\#{", "#{t('", "#{a.b.c.d}"} {
		f.Add(text)
	}
	filled := filler()
	f.Fuzz(func(_ *testing.T, text string) {
		filled.ToHTML(text)
		filled.ToText(text)
	})
}
