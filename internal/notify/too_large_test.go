package notify_test

import (
	"strings"
	"testing"

	"postroom/internal/notify"
)

func TestSendersOfLargeMailAreToldWhy(t *testing.T) {
	t.Parallel()
	facts := notify.LargeMail{Name: "Nicole <Braun>", Subject: "photos & more", Size: 12_900_000, Limit: 10, FQDN: "desk.example.com"}
	for _, locale := range []string{"en-us", "de-de", "fi-fi"} {
		mail, err := notify.TooLarge(locale, facts)
		if err != nil {
			t.Fatal(err)
		}
		if mail.Subject != "[undeliverable] Message too large" {
			t.Errorf("%s: subject %q", locale, mail.Subject)
		}
		for _, fact := range []string{"Nicole <Braun>", `"photos & more"`, "12.30 MB", "10 MB", "desk.example.com"} {
			if !strings.Contains(mail.Body, fact) {
				t.Errorf("%s: %q is missing in %s", locale, fact, mail.Body)
			}
		}
	}
	german, _ := notify.TooLarge("de", facts)
	english, _ := notify.TooLarge("", facts)
	if german.Body == english.Body {
		t.Error("the German text is the English one")
	}
}
