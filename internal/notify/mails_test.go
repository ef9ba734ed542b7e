package notify_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"postroom/internal/desk"
	"postroom/internal/notify"
	"postroom/jobs/task"
)

func open(t *testing.T, own fs.FS) *notify.Mails {
	t.Helper()
	mails, err := notify.Open(own)
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

func folder(files map[string]string) fs.FS {
	own := fstest.MapFS{}
	for name, text := range files {
		own[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return own
}

func TestMailsOfAnOperatorComeInPlaceOfOurs(t *testing.T) {
	t.Parallel()
	mails := open(t, folder(map[string]string{
		"ticket_create.en.html.custom":  "Ours: {{.Title}}\n<p>For {{.Firstname}}</p>",
		"ticket_create.fr.html.custom":  "Nouveau: {{.Title}}\n<p>Pour {{.Firstname}}</p>",
		"frame.en.html.custom":          "\n<main>{{.Body}} {{.Product}}</main>",
		"password_reset.de.html.custom": "Neu\n<p>{{.Name}}: {{.Link}}</p>",
		"ticket_create.de.html":         "not by its name",
		"notes.txt":                     "{{of no concern",
	}))
	facts := notify.TicketFacts{Title: "Tea & <b>", Firstname: "<i>", Product: "Desk"}
	for _, tc := range []struct{ locale, subject, body string }{
		{"en-us", "Ours: Tea & <b>", "<main><p>For &lt;i&gt;</p> Desk</main>"},
		{"fi-fi", "Ours: Tea & <b>", "<main><p>For &lt;i&gt;</p> Desk</main>"},
		{"fr-fr", "Nouveau: Tea & <b>", "<main><p>Pour &lt;i&gt;</p> Desk</main>"},
	} {
		mail, err := mails.Ticket(desk.EventCreate, tc.locale, facts)
		if err != nil || mail.Subject != tc.subject || mail.Body != tc.body {
			t.Errorf("%s: %+v, %v, want %q and %q", tc.locale, mail, err, tc.subject, tc.body)
		}
	}
	ours, err := open(t, nil).Ticket(desk.EventCreate, "de-de", facts)
	if err != nil {
		t.Fatal(err)
	}
	if mail, err := mails.Ticket(desk.EventCreate, "de-de", facts); err != nil || mail != ours {
		t.Errorf("in German, which the operator did not write: %+v, %v, want %+v", mail, err, ours)
	}
	if mail, err := mails.Account(task.PasswordReset, "de", notify.Facts{Name: "Eve", Link: "x"}); err != nil || mail != (notify.Mail{Subject: "Neu", Body: "<p>Eve: x</p>"}) {
		t.Errorf("mail about an account: %+v, %v", mail, err)
	}
}

func TestMailsThatCannotBeFilledInAreErrorsAtOnce(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"ticket_create.en.html.custom": "{{.Title", "ticket_update.en.html.custom": "x\n{{.Colour}}", "signup.en.html.custom": "{{.Title}}\n",
		"ticket_lost.en.html.custom": "of no kind that there is\n", "frame.de.html.custom": "\n{{.Body.Body}}",
	} {
		if _, err := notify.Open(folder(map[string]string{name: text})); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s with %q: %v, want an error that names it", name, text, err)
		}
	}
	if _, err := notify.Open(os.DirFS(filepath.Join(t.TempDir(), "none"))); err != nil {
		t.Errorf("a folder that is not there: %v", err)
	}
}
