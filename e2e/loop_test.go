package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/devstack/mailserver"
)

// The mailbox of the other helpdesk.
const (
	helpAddress  = "help@example.net"
	helpPassword = "Mailbox-Pass-2"
)

// answerEverything switches on both triggers that answer customers: on new tickets and on follow-ups.
func (in *instance) answerEverything() {
	in.t.Helper()
	for _, id := range []int{1, 2} {
		if err := in.call(http.MethodPut, fmt.Sprintf("/api/v1/triggers/%d", id), map[string]any{"active": true}, nil); err != nil {
			in.t.Fatal(err)
		}
	}
}

// accepted counts the mails that the mail server took from a sender.
func accepted(mta *mailserver.MTA, sender string) int {
	return strings.Count(mta.Log(), "<= "+sender+" ")
}

// waitForSilence waits until a count is what it should be and has stayed the same for a while, and
// returns it.
func (in *instance) waitForSilence(want int, count func() int) int {
	in.t.Helper()
	const silence = 4 * time.Second
	last, since := count(), time.Now()
	in.waitUntil(2*time.Minute, "nobody writes any more", func() error {
		if now := count(); now != last {
			last, since = now, time.Now()
		}
		if last < want || time.Since(since) < silence {
			return fmt.Errorf("%d mails until now", last)
		}
		return nil
	})
	return last
}

// TestTwoHelpdesksFallSilent lets two installations that answer everything write to each other
// through a mail server: the first answer of a machine is the last.
func TestTwoHelpdesksFallSilent(t *testing.T) {
	t.Parallel()
	box := mailbox(t)
	if err := box.AddUser(helpAddress, helpPassword); err != nil {
		t.Fatal(err)
	}
	mta := mailserver.NewMTA(t, box)
	ours, theirs := newInstance(t, devstack.Database(t), devstack.Redis(t)), newInstance(t, devstack.Database(t), devstack.Redis(t))
	ours.start()
	theirs.start()
	theirs.mustRun("settings", "set", "fqdn", "help.example.net")
	theirs.mustRun("settings", "set", "ticket_hook", "Case#") // their numbers may be ours
	ours.connect(box, mta, supportAddress, supportPassword)
	theirs.connect(box, mta, helpAddress, helpPassword)
	ours.answerEverything()
	theirs.answerEverything()

	before := accepted(mta, supportAddress) + accepted(mta, helpAddress) // the accounts have been tried
	opened := ticket{}
	err := ours.post("/api/v1/tickets?expand=true", map[string]any{
		"title": "Toner", "group": "Users", "customer_id": "guess:" + helpAddress,
		"article": map[string]any{"type": "email", "sender": "Agent", "to": helpAddress, "subject": "Toner", "content_type": "text/html", "body": "<p>Do you have <b>toner</b>?</p>"},
	}, &opened)
	if err != nil {
		t.Fatal(err)
	}
	title := "Toner [Ticket#" + opened.Number + "]"
	theirs.waitForTicket(title)
	ours.waitUntil(60*time.Second, "their machine's answer is on our ticket", func() error {
		var now ticket
		if err := ours.get(fmt.Sprintf("/api/v1/tickets/%d?expand=true", opened.ID), &now); err != nil {
			return err
		}
		if now.ArticleCount < 2 {
			return fmt.Errorf("%d articles", now.ArticleCount)
		}
		return nil
	})
	mails := ours.waitForSilence(before+2, func() int { return accepted(mta, supportAddress) + accepted(mta, helpAddress) }) - before
	if mails != 2 {
		t.Errorf("%d mails went between the helpdesks, want a question and one answer of a machine:\n%s", mails, mta.Log())
	}
	ours.wantArticles("Toner", 2)
	theirs.wantArticles(title, 2)
}

// wantArticles checks how much was said on a ticket.
func (in *instance) wantArticles(title string, want int) {
	in.t.Helper()
	var articles []article
	if err := in.get(fmt.Sprintf("/api/v1/ticket_articles/by_ticket/%d?expand=true", in.waitForTicket(title).ID), &articles); err != nil {
		in.t.Fatal(err)
	}
	if len(articles) != want {
		in.t.Errorf("%d articles on %q, want %d", len(articles), title, want)
	}
}

// TestMachineThatDoesNotSaySoIsAnsweredSeldom answers each of our answers, with nothing that marks
// the mails as those of a machine: as often as one address may be written to about one ticket, then
// never again.
func TestMachineThatDoesNotSaySoIsAnsweredSeldom(t *testing.T) {
	t.Parallel()
	box := mailbox(t)
	if err := box.AddUser(customerAddress, customerPassword); err != nil {
		t.Fatal(err)
	}
	mta := mailserver.NewMTA(t, box)
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.start()
	in.connectAccount(box, mta)
	in.answerEverything()

	send(t, mta, customerAddress, supportAddress, "Subject: I am away\r\nMessage-ID: <away.0@example.net>\r\n", "I am away.")
	answered := 0
	const mostPerTicket = 10 // within ten minutes
	in.waitForSilence(mostPerTicket, func() int {
		mails, err := box.Messages(customerAddress)
		if err != nil {
			t.Fatal(err)
		}
		for ; answered < len(mails); answered++ {
			in.answerRudely(mta, mails[answered], answered+1)
		}
		return answered
	})
	if answered != mostPerTicket {
		t.Errorf("the machine got %d answers, want %d", answered, mostPerTicket)
	}
	in.waitUntil(60*time.Second, "all its mails are on one ticket", func() error {
		if now := in.waitForTicket("I am away"); now.ArticleCount != mostPerTicket+1 {
			return fmt.Errorf("%d articles, want %d", now.ArticleCount, mostPerTicket+1)
		}
		return nil
	})
}

// answerRudely answers a mail without any mark of a machine.
func (in *instance) answerRudely(mta *mailserver.MTA, raw []byte, n int) {
	in.t.Helper()
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err == nil {
		_, err = io.Copy(io.Discard, message.Body)
	}
	if err != nil {
		in.t.Fatal(err)
	}
	if message.Header.Get("Auto-Submitted") != "auto-generated" || message.Header.Get("X-Loop") != "yes" {
		in.t.Errorf("mail %d does not say that a machine wrote it", n)
	}
	send(in.t, mta, customerAddress, supportAddress, fmt.Sprintf("Subject: Re: %s\r\nMessage-ID: <away.%d@example.net>\r\nIn-Reply-To: %s\r\n",
		message.Header.Get("Subject"), n, message.Header.Get("Message-Id")), "I am away.")
}
