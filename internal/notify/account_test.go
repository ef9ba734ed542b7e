package notify_test

import (
	"strings"
	"testing"

	"postroom/internal/notify"
	"postroom/jobs/task"
)

func TestEveryAccountMailIsWrittenInBothLanguages(t *testing.T) {
	t.Parallel()
	mails := open(t, nil)
	facts := notify.Facts{Product: "Acme & Sons", Name: `Eve <script>`, Link: "https://desk.example.com/#x/1?a=b&c=d"}
	for _, kind := range []string{task.SignedUp, task.SignedUpAgain, task.Invited, task.PasswordReset, task.PasswordChanged, task.AdminSignIn, task.AccountLinked} {
		english, err := mails.Account(kind, "en-us", facts)
		if err != nil {
			t.Fatal(err)
		}
		german, err := mails.Account(kind, "de-de", facts)
		if err != nil {
			t.Fatal(err)
		}
		other, err := mails.Account(kind, "fi-fi", facts)
		if err != nil || other != english {
			t.Errorf("%s in Finnish: %+v, %v, want English", kind, other, err)
		}
		if english.Subject == german.Subject || !strings.Contains(english.Subject, "Acme & Sons") {
			t.Errorf("%s: subjects %q and %q", kind, english.Subject, german.Subject)
		}
		if strings.Contains(german.Body, "<script>") || !strings.Contains(german.Body, "https://desk.example.com/#x/1?a=b&amp;c=d") {
			t.Errorf("%s: body %s", kind, german.Body)
		}
	}
	if mail, err := mails.Account("no_such", "en", facts); err == nil {
		t.Errorf("a mail nobody wrote: %+v", mail)
	}
}
