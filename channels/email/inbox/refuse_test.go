package inbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"postroom/channels"
	"postroom/channels/email/inbox"
	"postroom/internal/desk"
)

// refused collects mail that is too large.
type refused struct {
	raws []string
	err  error
}

func (r *refused) take(_ context.Context, id desk.ChannelID, raw []byte) error {
	if id == 7 && r.err == nil {
		r.raws = append(r.raws, string(raw))
	}
	return r.err
}

func TestTooLargeMailIsRefusedAndLeavesTheServer(t *testing.T) {
	t.Parallel()
	large := mailNumber(2) + strings.Repeat("x", 5<<20) + "\r\n"
	for _, tc := range []struct {
		name string
		open func(*testing.T) (*scene, func(inbox.Inbound) channels.Poller)
	}{
		{"IMAP", func(t *testing.T) (*scene, func(inbox.Inbound) channels.Poller) {
			return newScene(t, nil), func(in inbox.Inbound) channels.Poller { return inbox.NewMailbox(in, 7, quiet) }
		}},
		{"POP3", func(t *testing.T) (*scene, func(inbox.Inbound) channels.Poller) {
			return newMaildropScene(t, nil), func(in inbox.Inbound) channels.Poller { return inbox.NewMaildrop(in, 7, quiet) }
		}},
	} {
		s, open := tc.open(t)
		s.deliver(t, mailNumber(1), large, mailNumber(3))
		var apart refused
		s.inbound.MaxSize, s.inbound.Refuse = 1<<20, apart.take
		source := open(s.inbound)
		report := s.poll(t, source)
		if report.Fetched != 3 || len(report.Notices) != 0 || len(s.received) != 2 {
			t.Errorf("%s: report %+v with %d received, want three fetched, two of them received, and no complaint", tc.name, report, len(s.received))
		}
		if want := "  - download message 2/3 - ignore message because it's too large (is:5.00 MB/max:1.00 MB)"; len(report.Remarks) != 1 || report.Remarks[0] != want {
			t.Errorf("%s: remarks %q, want %q", tc.name, report.Remarks, want)
		}
		if len(apart.raws) != 1 || apart.raws[0] != large {
			t.Errorf("%s: %d mails refused, want the large one byte for byte", tc.name, len(apart.raws))
		}
		if mails, err := s.server.Messages(user); err != nil || len(mails) != 0 {
			t.Errorf("%s: %d mails are left, %v, want none", tc.name, len(mails), err)
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTooLargeMailThatCannotBeKeptStaysOnTheServer(t *testing.T) {
	t.Parallel()
	s := newScene(t, nil)
	s.deliver(t, mailNumber(1), mailNumber(2)+strings.Repeat("x", 2000), mailNumber(3))
	apart := refused{err: errors.New("disk full")}
	s.inbound.MaxSize, s.inbound.Refuse = 1000, apart.take
	mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
	defer mailbox.Close()
	report := s.poll(t, mailbox)
	if report.Fetched != 2 || len(s.received) != 2 || len(report.Notices) != 1 || !strings.Contains(report.Notices[0], "disk full") {
		t.Errorf("report %+v with %d received, want the other two, and a notice", report, len(s.received))
	}
	if mails, err := s.server.Messages(user); err != nil || len(mails) != 1 || !strings.Contains(string(mails[0]), "mail 2") {
		t.Errorf("%d mails are left, %v, want the large one", len(mails), err)
	}
}

func TestTooLargeMailThatIsKeptIsRefusedOnce(t *testing.T) {
	t.Parallel()
	s := newScene(t, map[string]any{"keep_on_server": true})
	s.deliver(t, mailNumber(1)+strings.Repeat("x", 2000))
	var apart refused
	s.inbound.MaxSize, s.inbound.Refuse = 1000, apart.take
	for range 2 {
		mailbox := inbox.NewMailbox(s.inbound, 7, quiet)
		s.poll(t, mailbox)
		if err := mailbox.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(apart.raws) != 1 {
		t.Errorf("refused %d times, want once", len(apart.raws))
	}
	if mails, err := s.server.Messages(user); err != nil || len(mails) != 1 {
		t.Errorf("%d mails are left, %v, want the one", len(mails), err)
	}
}
