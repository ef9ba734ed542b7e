package notify_test

import (
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/notify"
)

func TestEveryTicketMailIsWrittenInBothLanguages(t *testing.T) {
	t.Parallel()
	mails := open(t, nil)
	facts := notify.TicketFacts{
		Product: "Acme & Sons", Organization: "Acme Ltd", Firstname: "Eve <script>", Link: "https://desk.example.com/#ticket/zoom/7/9",
		ProfileLink: "https://desk.example.com/#profile/notifications", Reason: notify.AsOwner, Title: `Printer <b>"burns"`,
		Actor: "Nina (Lerner)", Group: "Users", Customer: "Nina", State: "new", At: "later", ArticleBody: "<p>smoke</p>",
		Changes: []notify.Change{{Label: "State", From: "new", To: "open"}, {Label: "Owner", To: "<Eve>"}},
	}
	said := map[string][]string{
		desk.EventCreate: {"Nina (Lerner)", "Users", "<p>smoke</p>"}, desk.EventUpdate: {"State: new → open", "Owner: - → &lt;Eve&gt;", "<p>smoke</p>"},
		desk.EventReminderReached: {"Nina", "<p>smoke</p>"}, desk.EventEscalation: {"later"}, desk.EventEscalationWarning: {"later"},
		desk.EventMergedInto: {"Nina (Lerner)"}, desk.EventReceivedMerge: {"Nina (Lerner)"},
	}
	for event, facts2 := range said {
		var bodies []string
		for _, locale := range []string{"en-us", "de-de"} {
			mail, err := mails.Ticket(event, locale, facts)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(mail.Subject, `Printer <b>"burns"`) {
				t.Errorf("%s: subject %q", event, mail.Subject)
			}
			everywhere := []string{"Acme &amp; Sons", "Acme Ltd", "Eve &lt;script&gt;", facts.Link, facts.ProfileLink}
			for _, fact := range append(everywhere, facts2...) {
				if !strings.Contains(mail.Body, fact) {
					t.Errorf("%s in %s: %q is missing in %s", event, locale, fact, mail.Body)
				}
			}
			bodies = append(bodies, mail.Body)
		}
		other, err := mails.Ticket(event, "fi-fi", facts)
		if err != nil || other.Body != bodies[0] || bodies[0] == bodies[1] {
			t.Errorf("%s: Finnish is not English, or German is: %v", event, err)
		}
	}
	if mail, err := mails.Ticket("no_such", "en", facts); err == nil {
		t.Errorf("a mail nobody wrote: %+v", mail)
	}
}

func TestMomentsAndWords(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 7, 1, 22, 5, 0, 0, time.UTC)
	for locale, want := range map[string]string{
		"en-us": "07/02/2026 12:05 am (Europe/Berlin)", "de-at": "02.07.2026 00:05 (Europe/Berlin)", "en-gb": "02/07/2026 00:05 (Europe/Berlin)",
		"nl-nl": "02-07-2026 00:05 (Europe/Berlin)", "xx": "2026-07-01 22:05:00 UTC",
	} {
		if got := notify.Moment(at, berlin, locale); got != want {
			t.Errorf("%s: %s, want %s", locale, got, want)
		}
	}
	if de, en, own := notify.Word("Priority", "de-de"), notify.Word("Priority", "en-us"), notify.Word("Shelf", "de-de"); de != "Priorität" || en != "Priority" || own != "Shelf" {
		t.Errorf("words %q %q %q", de, en, own)
	}
}
