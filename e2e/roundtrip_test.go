package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"net/smtp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/devstack/mailserver"
)

const (
	customerAddress  = "carla@example.net"
	customerPassword = "Customer-Pass-1"
)

type ticket struct {
	ID           int64  `json:"id"`
	Number       string `json:"number"`
	Title        string `json:"title"`
	State        string `json:"state"`
	Customer     string `json:"customer"`
	ArticleCount int    `json:"article_count"`
}

type article struct {
	ID          int64          `json:"id"`
	From        string         `json:"from"`
	To          string         `json:"to"`
	Subject     string         `json:"subject"`
	Body        string         `json:"body"`
	Type        string         `json:"type"`
	Sender      string         `json:"sender"`
	MessageID   string         `json:"message_id"`
	Preferences map[string]any `json:"preferences"`
}

// TestMailboxBecomesTicketsAndAnswersGoBack is the main job from end to end: an account is connected
// over REST, a customer's mail becomes a ticket, the agent's answer arrives in the customer's
// mailbox with its threading, and the customer's reply to it is a follow-up.
func TestMailboxBecomesTicketsAndAnswersGoBack(t *testing.T) {
	t.Parallel()
	box := mailbox(t)
	if err := box.AddUser(customerAddress, customerPassword); err != nil {
		t.Fatal(err)
	}
	mta := mailserver.NewMTA(t, box)
	in := newInstance(t, devstack.Database(t), devstack.Redis(t))
	in.start()
	in.connectAccount(box, mta)

	question := "<first@customer.example.net>"
	send(t, mta, customerAddress, supportAddress, "Subject: The kettle leaks\r\nMessage-ID: "+question+"\r\n", "It leaks. Carla")
	opened := in.waitForTicket("The kettle leaks")
	if opened.Customer != customerAddress || opened.State != "new" {
		t.Errorf("ticket from mail: customer %q, state %q, want %q, new", opened.Customer, opened.State, customerAddress)
	}

	checkConfirmation(t, in.waitForMail(box, customerAddress, 1), opened, question)
	answer := in.answer(opened, "<p>We send you a <b>new</b> one.</p>")
	arrived := in.waitForMail(box, customerAddress, 2)
	checkAnswer(t, arrived, opened, answer, question)
	in.waitForDelivery(opened, answer)

	reply := fmt.Sprintf("Subject: Re: %s\r\nMessage-ID: <second@customer.example.net>\r\nIn-Reply-To: %s\r\nReferences: %s %s\r\n",
		arrived.Header.Get("Subject"), answer.MessageID, question, answer.MessageID)
	send(t, mta, customerAddress, supportAddress, reply, "Thank you!")
	in.waitUntil(60*time.Second, "the reply is on the ticket", func() error {
		var now ticket
		if err := in.get(fmt.Sprintf("/api/v1/tickets/%d?expand=true", opened.ID), &now); err != nil {
			return err
		}
		if now.ArticleCount != 3 || now.State != "open" {
			return fmt.Errorf("ticket is %+v, want 3 articles and state open", now)
		}
		return nil
	})
	var tickets []ticket
	if err := in.get("/api/v1/tickets?expand=true", &tickets); err != nil {
		t.Fatal(err)
	}
	fromCarla := 0
	for _, one := range tickets {
		if one.Customer == customerAddress {
			fromCarla++
		}
	}
	if fromCarla != 1 {
		t.Errorf("%d tickets of the customer, want 1: the reply made a new one", fromCarla)
	}
	in.stop()
}

// connectAccount sets our mail account up over REST, with the round trip that proves it works.
func (in *instance) connectAccount(box *mailserver.Server, mta *mailserver.MTA) {
	in.t.Helper()
	in.connect(box, mta, supportAddress, supportPassword)
}

func (in *instance) connect(box *mailserver.Server, mta *mailserver.MTA, address, password string) {
	in.t.Helper()
	inbound := map[string]any{"adapter": "imap", "options": map[string]any{
		"host": box.Host(), "port": box.IMAPPort, "ssl": "off", "user": address, "password": password,
	}}
	outbound := map[string]any{"adapter": "smtp", "options": map[string]any{
		"host": mta.Host(), "port": mta.SMTPPort, "ssl": false, "enable_starttls_auto": false,
	}}
	var result struct {
		Result  string
		Message string
	}
	account := map[string]any{"inbound": inbound, "outbound": outbound, "group_id": 1,
		"meta": map[string]any{"realname": "Support", "email": address}}
	if err := in.post("/api/v1/channels_email_verify", account, &result); err != nil || result.Result != "ok" {
		in.t.Fatalf("connecting the account: %+v, %v, want ok", result, err)
	}
}

func (in *instance) waitForTicket(title string) ticket {
	in.t.Helper()
	var found ticket
	in.waitUntil(60*time.Second, "there is a ticket "+title, func() error {
		var tickets []ticket
		if err := in.get("/api/v1/tickets?expand=true", &tickets); err != nil {
			return err
		}
		for _, one := range tickets {
			if one.Title == title {
				found = one
				return nil
			}
		}
		return fmt.Errorf("%d tickets, none with that title", len(tickets))
	})
	return found
}

// answer writes the agent's article.
func (in *instance) answer(to ticket, html string) article {
	in.t.Helper()
	var written article
	err := in.post("/api/v1/ticket_articles", map[string]any{
		"ticket_id": to.ID, "type": "email", "to": customerAddress, "subject": to.Title,
		"content_type": "text/html", "body": html, "subtype": "reply",
	}, &written)
	if err != nil {
		in.t.Fatal(err)
	}
	return written
}

// waitForMail waits for the nth mail in somebody's mailbox, counted from 1.
func (in *instance) waitForMail(box *mailserver.Server, user string, n int) *mail.Message {
	in.t.Helper()
	var message *mail.Message
	in.waitUntil(60*time.Second, fmt.Sprintf("mail %d is in the customer's mailbox", n), func() error {
		mails, err := box.Messages(user)
		if err != nil || len(mails) < n {
			return fmt.Errorf("%d mails, %v", len(mails), err)
		}
		message, err = mail.ReadMessage(bytes.NewReader(mails[n-1]))
		return err
	})
	return message
}

// checkConfirmation looks at the mail that a shipped trigger sends whoever opens a ticket.
func checkConfirmation(t *testing.T, arrived *mail.Message, on ticket, question string) {
	t.Helper()
	for header, want := range map[string]string{
		"Subject":        "Thank you for your message: The kettle leaks [Ticket#" + on.Number + "]",
		"Auto-Submitted": "auto-generated", "Precedence": "bulk", "X-Loop": "yes", "X-Auto-Response-Suppress": "All",
	} {
		if got := arrived.Header.Get(header); got != want {
			t.Errorf("confirmation's %s = %q, want %q", header, got, want)
		}
	}
	if got := arrived.Header.Get("References"); !strings.Contains(got, question) {
		t.Errorf("confirmation's References = %q, want the question's %q in it", got, question)
	}
}

func checkAnswer(t *testing.T, arrived *mail.Message, on ticket, answer article, question string) {
	t.Helper()
	subject := "RE: The kettle leaks [Ticket#" + on.Number + "]"
	for header, want := range map[string]string{
		"Subject":    subject,
		"Message-Id": answer.MessageID,
		"From":       `"Ada Agent via Support" <` + supportAddress + `>`,
		"To":         "<" + customerAddress + ">",
	} {
		got := arrived.Header.Get(header)
		if header == "From" || header == "To" {
			got, want = addressOf(got), addressOf(want)
		}
		if got != want {
			t.Errorf("answer's %s = %q, want %q", header, got, want)
		}
	}
	if got := arrived.Header.Get("References"); !strings.Contains(got, question) {
		t.Errorf("answer's References = %q, want the question's %q in it", got, question)
	}
	if !strings.HasSuffix(answer.MessageID, "@desk.example.com>") {
		t.Errorf("answer's Message-ID = %q, want one of our own host", answer.MessageID)
	}
	if got := arrived.Header.Get("Content-Type"); !strings.HasPrefix(got, "multipart/") {
		t.Errorf("answer's Content-Type = %q, want text beside the HTML", got)
	}
}

// addressOf brings an address header into one spelling.
func addressOf(header string) string {
	address, err := mail.ParseAddress(header)
	if err != nil {
		return header
	}
	return address.String()
}

func (in *instance) waitForDelivery(on ticket, sent article) {
	in.t.Helper()
	in.waitUntil(60*time.Second, "the article shows its delivery", func() error {
		var now article
		if err := in.get("/api/v1/ticket_articles/"+strconv.FormatInt(sent.ID, 10), &now); err != nil {
			return err
		}
		if now.Preferences["delivery_status"] != "success" {
			return fmt.Errorf("preferences %v of article %d of ticket %d", now.Preferences, sent.ID, on.ID)
		}
		return nil
	})
}

// send brings a mail to the mail server as the world does.
func send(t testing.TB, mta *mailserver.MTA, from, to, headers, body string) {
	t.Helper()
	raw := fmt.Sprintf("From: Carla Customer <%s>\r\nTo: %s\r\nDate: %s\r\n%s\r\n%s\r\n", from, to, time.Now().Format(time.RFC1123Z), headers, body)
	client, err := smtp.Dial(mta.Host() + ":" + strconv.Itoa(mta.SMTPPort))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := errors.Join(client.Mail(from), client.Rcpt(to)); err != nil {
		t.Fatal(err)
	}
	data, err := client.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(data, raw)
	if err := errors.Join(err, data.Close(), client.Quit()); err != nil {
		t.Fatal(err)
	}
}
