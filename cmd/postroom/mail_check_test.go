package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMailCheckVerb(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, raw := range map[string]string{
		"1-new.eml":          "From: Ann <ann@example.com>\nTo: desk@example.com\nDate: Tue, 3 Mar 2026 10:00:00 +0100\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\nbody\n",
		"2-number.eml":       "From: ann@example.com\nSubject: Re: x [Ticket#44123]\nIn-Reply-To: <a@example.com>\n\nbody\n",
		"below/3-answer.eml": "From: ann@example.com\nSubject: Re: x\nReferences: <a@example.com> <b@example.com>\n\nbody\n",
		"4-no-sender.eml":    "Subject: x\x1b[31m\n\nbody\n",
		"5-large.eml":        "From: ann@example.com\nSubject: large\n\n" + strings.Repeat("x", 1<<20),
		"6-own.eml":          "From: desk@example.com\nPrecedence: bulk\nMessage-ID: <1@desk.example.com>\nSubject: ours\n\nbody\n",
		"7-text.eml":         "no mail at all\n",
		"8-sealed.eml":       "From: ann@example.com\nSubject: sealed\nContent-Type: application/pkcs7-mime\nTo: a@example.com\n\nMIIB\n",
		"other.txt":          "From: ann@example.com\n\nbody\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := shell{t, []string{"DATABASE_URL=postgres://nobody@127.0.0.1:1/none"}} // it must not ask
	status, out, errs := s.run("", "mail", "check", dir, "--system-id", "44", "--fqdn", "desk.example.com", "--max-size", "1")
	want := strings.Join([]string{
		"1-new.eml\tnew ticket\t\"Ann\" <ann@example.com>\tGrüße\t0 attachments",
		"2-number.eml\tfollow-up: number 44123 in the subject\tann@example.com\tRe: x [Ticket#44123]\t0 attachments\tno date, no recipient",
		"4-no-sender.eml\tspooled: no sender in From, Reply-To, Return-Path or Sender\t\t\t0 attachments",
		"5-large.eml\tkept apart: 1.00 MB, the limit is 1 MB\tann@example.com\tlarge\t0 attachments",
		"6-own.eml\tignored: a notification of our own\tdesk@example.com\tours\t0 attachments\tautomatic, no date, no recipient",
		"7-text.eml\tspooled: not a mail: it has no header\t\t\t0 attachments",
		"8-sealed.eml\tnew ticket\tann@example.com\tsealed\t1 attachment\tS/MIME encrypted, no content, no date",
		"below/3-answer.eml\tfollow-up: answers <b@example.com>\tann@example.com\tRe: x\t0 attachments\tno date, no recipient",
	}, "\n") + "\n"
	if status != 0 || out != want {
		t.Errorf("status %d, got\n%s\nwant\n%s", status, out, want)
	}
	wantIn(t, "the sum", errs, "8 mails: 2 new ticket, 2 follow-up, 1 ignored, 1 kept apart, 2 spooled")

	status, _, errs = s.run("", "mail", "check", filepath.Join(dir, "nowhere"))
	if status == 0 {
		t.Errorf("a folder that isn't there: status %d, %s", status, errs)
	}
}
