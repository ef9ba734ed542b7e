package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/devstack/mailserver"
)

// TestMailThatIsTooLargeIsAnsweredAndKeptApart sends more than the settings allow: the sender hears
// of it, the operator finds the mail, and a ticket is made of it only when the operator says so.
func TestMailThatIsTooLargeIsAnsweredAndKeptApart(t *testing.T) {
	t.Parallel()
	box := mailbox(t)
	if err := box.AddUser(customerAddress, customerPassword); err != nil {
		t.Fatal(err)
	}
	mta := mailserver.NewMTA(t, box)
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.start()
	in.mustRun("settings", "set", "postmaster_max_size", "1") // first: whoever sees the account sees this, too
	in.connectAccount(box, mta)

	photos := "Subject: Photos\r\nMessage-ID: <photos@example.net>\r\n"
	send(t, mta, customerAddress, supportAddress, photos, strings.Repeat(strings.Repeat("x", 70)+"\r\n", 20_000))
	answer := in.waitForMail(box, customerAddress, 1)
	if answer.Header.Get("Subject") != "[undeliverable] Message too large" || answer.Header.Get("In-Reply-To") != "<photos@example.net>" {
		t.Errorf("answer = %v", answer.Header)
	}
	in.waitUntil(60*time.Second, "the mail has left its mailbox", func() error {
		mails, err := box.Messages(supportAddress)
		if err != nil || len(mails) > 0 {
			return fmt.Errorf("%d mails, %v", len(mails), err)
		}
		return nil
	})
	listed := in.mustRun("spool", "list")
	if !strings.Contains(listed, "oversized_mail") || !strings.Contains(listed, "1.37 MB, the limit is 1 MB") {
		t.Errorf("spool list = %s", listed)
	}
	var tickets []ticket
	if err := in.get("/api/v1/tickets?expand=true", &tickets); err != nil {
		t.Fatal(err)
	}
	for _, one := range tickets {
		if one.Title == "Photos" {
			t.Errorf("a mail that is too large became ticket %d", one.ID)
		}
	}
	in.mustRun("spool", "retry", "--all")
	in.waitForTicket("Photos")
}
