package email_test

import (
	"bytes"
	"strings"
	"testing"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/channels/email/account"
	"postroom/channels/email/cloudtest"
	"postroom/internal/desk"
)

func TestGraphSends(t *testing.T) {
	t.Parallel()
	provider := cloudtest.Start(t)
	server := cloudtest.StartGraph(t, provider)
	server.AddBox("me@example.com")
	server.AddBox("team@example.com", "me@example.com")
	access, _ := provider.Grant("me@example.com")
	tokens := &lookup{left: []string{access}}
	accounts := newAccounts(t, email.Options{GraphURL: server.URL, Tokens: func(desk.Channel) account.Tokens { return tokens }})
	channel := func(options map[string]any) desk.Channel {
		return desk.Channel{ID: 7, Options: map[string]any{"outbound": map[string]any{"adapter": "microsoft_graph_outbound", "options": options}}}
	}
	try := func(options map[string]any, change func(*channels.Outbound)) ([]byte, error) {
		t.Helper()
		sender, err := accounts.Sender(channel(options))
		if err != nil {
			t.Fatal(err)
		}
		message := letter("Jane <jane@example.com>", 1)
		if change != nil {
			change(&message)
		}
		return sender.Send(t.Context(), message)
	}
	raw, err := try(map[string]any{"user": "me@example.com"}, func(m *channels.Outbound) { m.Bcc = "archive@example.com, boss@example.com" })
	if err != nil {
		t.Fatal(err)
	}
	sent := server.Sent("me@example.com")
	if want := "Bcc: <archive@example.com>, <boss@example.com>\r\n" + string(raw); len(sent) != 1 || string(sent[0]) != want {
		t.Errorf("sent %q, want %q", sent, want)
	}
	if strings.Contains(string(raw), "Bcc") {
		t.Error("what Send returns names who is not to be named")
	}
	if _, err := try(map[string]any{"user": "me@example.com", "shared_mailbox": "team@example.com"}, nil); err != nil || len(server.Sent("team@example.com")) != 1 {
		t.Errorf("out of a shared mailbox: %v", err)
	}
	server.Busy("0", 429)
	if _, err := try(map[string]any{"user": "me@example.com"}, nil); err != nil || len(server.Sent("me@example.com")) != 2 {
		t.Errorf("a server that is busy for a moment: %v", err)
	}
	// Nobody knows what became of it: to send it again is the job's decision.
	server.Busy("0", 504)
	if _, err := try(map[string]any{"user": "me@example.com"}, nil); err == nil || desk.Permanent(err) || len(server.Sent("me@example.com")) != 2 {
		t.Errorf("a gateway that gave up: %v", err)
	}
	for _, tc := range []struct {
		name      string
		options   map[string]any
		change    func(*channels.Outbound)
		permanent bool
		says      string
	}{
		{"too large", map[string]any{"user": "me@example.com"}, func(m *channels.Outbound) { m.Body = strings.Repeat("0123456789abcdef\n", 256<<10) }, true, "too large for Microsoft Graph"},
		{"not theirs", map[string]any{"user": "boss@example.com"}, nil, false, "MailboxNotEnabledForRESTAPI"},
		{"no address", map[string]any{"user": "me@example.com"}, func(m *channels.Outbound) { m.To = "Jane" }, true, "address"},
	} {
		_, err := try(tc.options, tc.change)
		if err == nil || desk.Permanent(err) != tc.permanent || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v (permanent: %t), want one that says %q (permanent: %t)", tc.name, err, desk.Permanent(err), tc.says, tc.permanent)
		}
	}
	if _, err := accounts.Sender(channel(nil)); err == nil {
		t.Error("an account without a user is taken")
	}
	unlinked := newAccounts(t, email.Options{})
	if _, err := unlinked.Sender(channel(map[string]any{"user": "me@example.com"})); err == nil || !strings.Contains(err.Error(), "signed in") {
		t.Errorf("an account at which nobody signed in: %v", err)
	}
	if _, err := unlinked.Check(t.Context(), desk.Channel{Options: map[string]any{"inbound": map[string]any{"adapter": "microsoft_graph_inbound", "options": map[string]any{"user": "me@example.com"}}}}); err == nil {
		t.Error("a mailbox at which nobody signed in can be opened")
	}
}

func TestGraphSendsLargeFilesApart(t *testing.T) {
	t.Parallel()
	provider := cloudtest.Start(t)
	server := cloudtest.StartGraph(t, provider)
	server.AddBox("me@example.com")
	access, _ := provider.Grant("me@example.com")
	tokens := &lookup{left: []string{access}}
	accounts := newAccounts(t, email.Options{GraphURL: server.URL, Tokens: func(desk.Channel) account.Tokens { return tokens }})
	sender, err := accounts.Sender(desk.Channel{ID: 7, Options: map[string]any{"outbound": map[string]any{
		"adapter": "microsoft_graph_outbound", "options": map[string]any{"user": "me@example.com"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	message := letter("Jane <jane@example.com>", 1)
	message.Bcc, message.ContentType, message.Body = "boss@example.com", "text/html", `<p>Plans</p><img src="cid:photo@desk">`
	plan, photo, note := bytes.Repeat([]byte("plan "), 2<<20), bytes.Repeat([]byte("photo"), 400_000), []byte("note")
	message.Attachments = []channels.File{
		{Filename: "note.txt", ContentType: "text/plain", Data: note},
		{Filename: "photo.png", ContentType: "image/png", ContentID: "photo@desk", Data: photo},
		{Filename: "plan.pdf", ContentType: "application/pdf", Data: plan},
		{Filename: "copy.png", ContentType: "image/png", Data: photo},
	}
	server.Busy("0", 429, 503)
	raw, err := sender.Send(t.Context(), message)
	if err != nil {
		t.Fatal(err)
	}
	sent, files := server.Sent("me@example.com"), server.SentFiles("me@example.com")
	if len(sent) != 1 || !bytes.HasPrefix(sent[0], []byte("Bcc: <boss@example.com>\r\n")) || !bytes.Contains(sent[0], []byte("note.txt")) || bytes.Contains(sent[0], []byte("plan.pdf")) {
		t.Errorf("%d messages were sent, or not with what they should have", len(sent))
	}
	if !bytes.Contains(raw, []byte("plan.pdf")) || !bytes.Contains(raw, []byte("photo.png")) {
		t.Error("what Send returns lacks files")
	}
	if len(files) != 2 || files[0].Name != "plan.pdf" || !bytes.Equal(files[0].Data, plan) || files[0].ContentType != "application/pdf" ||
		files[1].Name != "photo.png" || !bytes.Equal(files[1].Data, photo) || !files[1].Inline || files[1].ContentID != "photo@desk" {
		t.Errorf("%d files went beside the message, or not as they should", len(files))
	}
	message.Attachments = message.Attachments[2:3]
	server.Busy("0", 0, 400) // there is a draft, and nothing can be added to it
	if _, err := sender.Send(t.Context(), message); err == nil || len(server.Sent("me@example.com")) != 1 || server.Drafts() != 0 {
		t.Errorf("a failure leaves %d drafts and %d messages, %v", server.Drafts(), len(server.Sent("me@example.com")), err)
	}
	message.Protect = func(entity []byte) ([]byte, error) { return entity, nil }
	if _, err := sender.Send(t.Context(), message); err == nil || !strings.Contains(err.Error(), "too large for Microsoft Graph") {
		t.Errorf("a signed message that is too large: %v", err)
	}
}
