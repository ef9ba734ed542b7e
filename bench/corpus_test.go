package main

import (
	"strings"
	"testing"
	"time"

	"postroom/parser"
)

func TestCorpusIsWhatTheReportSays(t *testing.T) {
	t.Parallel()
	const mails = 1000
	corpus := NewCorpus("test", 1)
	small, replies, charsets, from := 0, 0, map[string]bool{}, map[string]bool{}
	for range mails {
		raw := corpus.Mixed()
		message, err := parser.Parse(raw, parser.Options{})
		if err != nil {
			t.Fatalf("%v\n%.500s", err, raw)
		}
		if strings.ContainsRune(message.Body, '\uFFFD') {
			t.Errorf("mail of %s has text that can't be decoded", message.Sender.Email)
		}
		if len(raw) < 14<<10 {
			small++
		}
		if strings.HasPrefix(message.Subject, "Re: ") {
			replies++
		}
		from[message.Sender.Email] = true
		_, charset, _ := strings.Cut(string(raw), "charset=")
		charset, _, _ = strings.Cut(charset, "\r\n")
		charsets[charset] = true
	}
	for _, share := range []struct {
		what             string
		got, least, most int
	}{
		{"small mails", small, mails * 66 / 100, mails * 74 / 100},
		{"replies", replies, mails * 26 / 100, mails * 34 / 100},
		{"charsets", len(charsets), 9, 9},
		{"senders", len(from), senders * 9 / 10, senders},
	} {
		if share.got < share.least || share.got > share.most {
			t.Errorf("%s: %d of %d mails, want %d to %d", share.what, share.got, mails, share.least, share.most)
		}
	}
}

func TestReadsProcessStatus(t *testing.T) {
	t.Parallel()
	// A name may hold blanks and parentheses (proc(5)).
	line := "4711 (post) room (x)) S 1 4711 4711 0 -1 4194304 100 0 0 0 250 50 3 4 20 0 8 0 100 200 300"
	if name, ticks := parseStat(line); name != "post) room (x)" || ticks != 300 {
		t.Errorf("parseStat = %q, %d, want the name between the outer parentheses and 300 ticks", name, ticks)
	}
	for name, want := range map[string]string{"postroom": "postroom", "postgres": "postgres", "imap-login": "dovecot", "redis-server": "redis", "bash": "other"} {
		if got := program(name); got != want {
			t.Errorf("program(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := 100; i > 0; i-- {
		times = append(times, time.Duration(i))
	}
	for _, tc := range []struct {
		p    int
		want time.Duration
	}{{50, 51}, {95, 96}, {99, 100}} {
		if got := percentile(times, tc.p); got != tc.want {
			t.Errorf("percentile %d of 1 to 100 = %d, want %d", tc.p, got, tc.want)
		}
	}
	if got := percentile(nil, 99); got != 0 {
		t.Errorf("percentile of nothing = %d, want 0", got)
	}
}
