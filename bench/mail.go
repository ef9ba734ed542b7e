package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/devstack/mailserver"
)

const (
	mailbox  = "support@example.com"
	password = "Mailbox-Pass-1"
)

// benchMail measures (a): mails in a real mailbox until they are articles visible over REST.
func benchMail(ctx context.Context, b *bench) error {
	corpora := []struct {
		name, target string
		next         func(*Corpus) []byte
	}{
		{"mixed", "150 mails/s", (*Corpus).Mixed},
		{"small", "300 mails/s", (*Corpus).Small},
	}
	for _, corpus := range corpora {
		part := &bench{size: b.size, dir: filepath.Join(b.dir, corpus.name), report: b.report}
		err := part.measureMail(ctx, corpus.name, corpus.target, corpus.next)
		part.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", corpus.name, err)
		}
	}
	return nil
}

func (b *bench) measureMail(ctx context.Context, name, target string, next func(*Corpus) []byte) error {
	dovecot, err := b.startMail(ctx)
	if err != nil {
		return err
	}
	corpus, bytes := NewCorpus(name, 1), 0
	for range b.size.mails {
		raw := next(corpus)
		bytes += len(raw)
		if err := dovecot.Deliver(mailbox, raw); err != nil {
			return err
		}
	}
	articles, err := b.articles(ctx)
	if err != nil {
		return err
	}
	before, started := cpuByName(), time.Now()
	if err := b.connectMailbox(ctx, dovecot); err != nil {
		return err
	}
	err = b.waitFor(ctx, seldom, 10*time.Minute, func() error {
		now, err := b.articles(ctx)
		if err == nil && now < articles+b.size.mails {
			err = fmt.Errorf("%d of %d articles", now-articles, b.size.mails)
		}
		return err
	})
	if err != nil {
		return err
	}
	took, after := time.Since(started), cpuByName()
	peak, err := peakMemory(b.all.Process.Pid)
	if err != nil {
		return err
	}
	split := ""
	for _, part := range []string{"postroom", "postgres", "redis", "dovecot"} {
		used := after[part] - before[part]
		split += fmt.Sprintf("%s %.1f ms, ", part, float64(used.Microseconds())/1000/float64(b.size.mails))
	}
	rate := float64(b.size.mails) / took.Seconds()
	notes := fmt.Sprintf("%d mails, %s, in %.1f s; CPU a mail: %speak memory %s", b.size.mails, mib(int64(bytes)), took.Seconds(), split, mib(peak))
	b.report.add("(a) mailbox to article, "+name+" corpus", fmt.Sprintf("%.0f mails/s", rate), target, notes)
	b.report.add("(a) peak memory of postroom all, "+name+" corpus", mib(peak), "150 MiB", "VmHWM")
	return nil
}

// startMail starts everything that (a) and (b) need.
func (b *bench) startMail(ctx context.Context) (*mailserver.Server, error) {
	if err := b.startStores(ctx); err != nil {
		return nil, err
	}
	dovecot, err := mailserver.Start(ctx, filepath.Join(b.dir, "dovecot"))
	if err != nil {
		return nil, err
	}
	b.ends = append(b.ends, dovecot.Stop)
	if err := dovecot.AddUser(mailbox, password); err != nil {
		return nil, err
	}
	return dovecot, b.startProduct(ctx)
}

func (b *bench) connectMailbox(ctx context.Context, dovecot *mailserver.Server) error {
	_, err := b.postroom(ctx, "channel", "add", "email",
		"--imap-host", dovecot.Host(), "--imap-port", strconv.Itoa(dovecot.IMAPPort), "--imap-ssl", "off",
		"--imap-user", mailbox, "--imap-password", password,
		"--smtp-host", "127.0.0.1", "--smtp-port", strconv.Itoa(b.smarthost.port()), "--smtp-ssl", "off", "--address", mailbox, "--name", "Support", "--group", "Users", "--no-check")
	return err
}

// articles counts the articles that customers wrote. What Postroom answers them doesn't count.
func (b *bench) articles(ctx context.Context) (n int, err error) {
	db, err := pgx.Connect(ctx, b.stack.DatabaseURL())
	if err != nil {
		return 0, err
	}
	defer db.Close(ctx)
	err = db.QueryRow(ctx, `SELECT count(*) FROM ticket_articles WHERE sender_id = $1`, desk.SenderCustomer).Scan(&n)
	return n, err
}
