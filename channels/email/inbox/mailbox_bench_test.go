package inbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"postroom/channels"
	"postroom/channels/email/inbox"
	"postroom/internal/devstack/mailserver"
)

// BenchmarkFetch measures a mailbox alone: Dovecot to a receive that does nothing.
func BenchmarkFetch(b *testing.B) {
	for _, tc := range []struct {
		name  string
		bytes int
		ssl   string
		keep  bool
	}{
		{"small/plain/delete", 4 << 10, "off", false},
		{"small/plain/keep", 4 << 10, "off", true},
		{"small/TLS/delete", 4 << 10, "ssl", false},
		{"500KB/plain/delete", 500 << 10, "off", false},
	} {
		b.Run(tc.name, func(b *testing.B) {
			const mails = 2000
			server := mailserver.New(b)
			if err := server.AddUser(user, password); err != nil {
				b.Fatal(err)
			}
			port := server.IMAPPort
			if tc.ssl == "ssl" {
				port = server.IMAPSPort
			}
			inbound, err := inbox.ParseInbound(map[string]any{"adapter": "imap", "options": map[string]any{
				"host": server.Host(), "port": port, "ssl": tc.ssl, "ssl_verify": false,
				"user": user, "password": password, "keep_on_server": tc.keep,
			}})
			if err != nil {
				b.Fatal(err)
			}
			n := min(mails, 100<<20/tc.bytes)
			raw := []byte("From: a@example.com\r\nSubject: test\r\n\r\n" + strings.Repeat("All work and no play.\r\n", tc.bytes/23))
			fetched := 0
			for b.Loop() {
				b.StopTimer()
				for range n {
					if err := server.Deliver(user, raw); err != nil {
						b.Fatal(err)
					}
				}
				mailbox := inbox.NewMailbox(inbound, 7, quiet)
				b.StartTimer()
				report, err := mailbox.Poll(context.Background(), func(context.Context, []channels.Inbound) error { return nil })
				if err != nil || report.Fetched != n {
					b.Fatal(fmt.Errorf("%d fetched: %w", report.Fetched, err))
				}
				fetched += n
				b.StopTimer()
				_ = mailbox.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(fetched)/b.Elapsed().Seconds(), "mails/s")
			b.SetBytes(int64(n * tc.bytes))
		})
	}
}
