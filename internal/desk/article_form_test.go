package desk_test

import (
	"strings"
	"testing"

	"postroom/internal/desk"
)

func TestWhoAnArticleIsFrom(t *testing.T) {
	t.Parallel()
	emma := desk.User{ID: 5, Firstname: "Emma", Lastname: "Taylor", Email: "emma@example.com"}
	david := desk.User{ID: 10, Firstname: "David", Lastname: "Bell", Email: "david@example.com"}
	other := desk.User{ID: 11, Firstname: "Olga", Email: "olga@example.com"}
	agent := desk.ArticleWriter{Author: emma, AsAgent: true, Customer: david}
	colleague := agent
	colleague.Colleagues = true
	forOther := agent
	forOther.Origin = &other
	customer := desk.ArticleWriter{Author: david, Customer: david}
	pushy := customer
	pushy.Origin = &other
	given := "Given <given@example.com>"
	const email, phone, note, web = 1, 5, 10, 11

	for _, tc := range []struct {
		name    string
		writer  desk.ArticleWriter
		article desk.Article
		typ     desk.ArticleTypeID
		sender  desk.SenderID
		origin  desk.UserID // 0: nobody
		from    string
	}{
		{"agent by default", agent, desk.Article{}, note, desk.SenderAgent, 0, "Emma Taylor"},
		{"agent's call", agent, desk.Article{TypeID: phone}, phone, desk.SenderAgent, 0, "Emma Taylor"},
		{"customer called", agent, desk.Article{TypeID: phone, SenderID: desk.SenderCustomer}, phone, desk.SenderCustomer, 10, "David Bell <david@example.com>"},
		{"customer's note", agent, desk.Article{TypeID: note, SenderID: desk.SenderCustomer}, note, desk.SenderCustomer, 10, "David Bell"},
		{"customer is a colleague", colleague, desk.Article{TypeID: phone, SenderID: desk.SenderCustomer}, phone, desk.SenderCustomer, 0, "Emma Taylor <emma@example.com>"},
		{"on behalf", forOther, desk.Article{TypeID: web}, web, desk.SenderCustomer, 11, "Olga <olga@example.com>"},
		{"email keeps what is given", agent, desk.Article{TypeID: email, From: &given}, email, desk.SenderAgent, 0, given},
		{"system note", agent, desk.Article{SenderID: desk.SenderSystem}, note, desk.SenderSystem, 0, "Emma Taylor"},
		{"customer by default", customer, desk.Article{}, note, desk.SenderCustomer, 0, "David Bell"},
		{"customer by web", customer, desk.Article{TypeID: web}, web, desk.SenderCustomer, 0, "David Bell <david@example.com>"},
		{"customer may not send", customer, desk.Article{TypeID: email, Internal: true}, note, desk.SenderCustomer, 0, "David Bell"},
		{"customer may not be an agent", customer, desk.Article{TypeID: phone, SenderID: desk.SenderAgent}, note, desk.SenderCustomer, 0, "David Bell"},
		{"customer may not speak for others", pushy, desk.Article{OriginByID: &other.ID}, note, desk.SenderCustomer, 0, "David Bell"},
	} {
		a := tc.article
		tc.writer.Complete(&a, catalog())
		var origin desk.UserID
		if a.OriginByID != nil {
			origin = *a.OriginByID
		}
		if a.TypeID != tc.typ || a.SenderID != tc.sender || origin != tc.origin || a.From == nil || *a.From != tc.from {
			t.Errorf("%s: type %d sender %d origin %d from %v, want %d %d %d %q",
				tc.name, a.TypeID, a.SenderID, origin, a.From, tc.typ, tc.sender, tc.origin, tc.from)
		}
		if !tc.writer.AsAgent && a.Internal {
			t.Errorf("%s: internal", tc.name)
		}
	}
}

func TestArticleTextsFitTheirColumns(t *testing.T) {
	t.Parallel()
	subject, replyTo := "a\tb\nc"+strings.Repeat("é", 4000), strings.Repeat("r", 400)
	article := desk.Article{Subject: &subject, ReplyTo: &replyTo, Body: strings.Repeat("é", desk.MaxBody)}
	if err := article.Trim(); err != nil {
		t.Fatalf("body of the greatest length: %v", err)
	}
	if !strings.HasPrefix(*article.Subject, "a b cé") || len([]rune(*article.Subject)) != desk.MaxAddresses {
		t.Errorf("subject %.10q of %d characters, want one line of %d", *article.Subject, len([]rune(*article.Subject)), desk.MaxAddresses)
	}
	if len(*article.ReplyTo) != desk.MaxReplyTo {
		t.Errorf("reply_to of %d characters, want %d", len(*article.ReplyTo), desk.MaxReplyTo)
	}
	article.Body += "!"
	const want = "body of article is too large, 1500001 chars - only 1500000 allowed"
	if err := article.Trim(); err == nil || err.Error() != want {
		t.Errorf("one character too many: %v, want %s", err, want)
	}
}
