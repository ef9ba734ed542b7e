package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"postroom/internal/devstack"
	"postroom/internal/devstack/mailserver"
)

// The number of mails that flow while something breaks.
const flood = 500

// tally is what an installation made of the mails it was sent.
type tally struct {
	articles int // that came as mail
	distinct int // Message-IDs among them
	failed   int // received but not processed, kept in the spool
	open     int // received and not yet worked off
}

// count reads the tally from the database. It is not asked over REST because a list of 500 tickets
// is five pages that change while one reads them.
func count(databaseURL string) (tally, error) {
	var sum tally
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	db, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return sum, err
	}
	defer db.Close(ctx)
	err = db.QueryRow(ctx, `
		SELECT count(*), count(DISTINCT message_id_md5),
			(SELECT count(*) FROM inbound_messages WHERE state = 'failed'),
			(SELECT count(*) FROM inbound_messages WHERE state = 'received')
		FROM ticket_articles
		WHERE type_id = 1 AND sender_id = 2`).Scan(&sum.articles, &sum.distinct, &sum.failed, &sum.open)
	return sum, err
}

// waitForAll waits until everything that was sent is worked off, and fails if anything was lost or doubled.
func (in *instance) waitForAll(databaseURL string, articles, failed int) {
	in.t.Helper()
	var sum tally
	in.waitUntil(3*time.Minute, fmt.Sprintf("%d mails are articles and %d are spooled", articles, failed), func() (err error) {
		if sum, err = count(databaseURL); err != nil {
			return err
		}
		if sum.articles < articles || sum.failed < failed || sum.open > 0 {
			return fmt.Errorf("so far %+v", sum)
		}
		return nil
	})
	if sum.articles != articles || sum.distinct != articles || sum.failed != failed {
		in.t.Errorf("%d mails in: %+v, want %d articles with as many Message-IDs, and %d failed", articles+failed, sum, articles, failed)
	}
}

// waitForSome waits until the flood is under way.
func (in *instance) waitForSome(databaseURL string, articles int) {
	in.t.Helper()
	in.waitUntil(2*time.Minute, fmt.Sprintf("%d mails are articles", articles), func() error {
		sum, err := count(databaseURL)
		if err == nil && sum.articles < articles {
			err = fmt.Errorf("so far %+v", sum)
		}
		return err
	})
}

// mailboxIsEmpty fails if mails were left on the server, although they were taken over.
func (in *instance) mailboxIsEmpty(mail *mailserver.Server) {
	in.t.Helper()
	in.waitUntil(time.Minute, "the mailbox is empty", func() error {
		left, err := mail.Messages(supportAddress)
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("%d mails left", len(left))
		}
		return err
	})
}

func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	mail, databaseURL := mailbox(t), devstack.Database(t)
	in := newInstance(t, databaseURL, devstack.Redis(t))
	in.start()
	in.addMailbox(mail, mail.IMAPPort)
	fill(t, mail, flood)
	for _, at := range []int{20, 150, 300} {
		in.waitForSome(databaseURL, at+rand.IntN(60))
		in.kill()
		in.start()
	}
	in.waitForAll(databaseURL, flood, 0)
	in.mailboxIsEmpty(mail)
	in.stop()
}

func TestRedisEmptied(t *testing.T) {
	t.Parallel()
	mail, databaseURL, redisURL := mailbox(t), devstack.Database(t), devstack.Redis(t)
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	in := newInstance(t, databaseURL, redisURL)
	in.start()
	in.addMailbox(mail, mail.IMAPPort)
	fill(t, mail, flood)
	for _, at := range []int{30, 200} {
		in.waitForSome(databaseURL, at)
		if err := client.FlushAll(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	in.waitForAll(databaseURL, flood, 0)
	in.mailboxIsEmpty(mail)
}

func TestDatabaseRestarted(t *testing.T) {
	t.Parallel()
	mail, database := mailbox(t), devstack.Postgres(t)
	in := newInstance(t, database.URL(), devstack.Redis(t))
	in.start()
	in.addMailbox(mail, mail.IMAPPort)
	fill(t, mail, flood)
	in.waitForSome(database.URL(), 50)
	if err := database.Restart(context.Background()); err != nil {
		t.Fatal(err)
	}
	in.waitForSome(database.URL(), 200)
	database.Kill()
	if err := database.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	in.waitForAll(database.URL(), flood, 0)
	in.mailboxIsEmpty(mail)
}

func TestConnectionCutInMidFetch(t *testing.T) {
	t.Parallel()
	mail, databaseURL := mailbox(t), devstack.Database(t)
	// Each mail is about 400 bytes: the first connections end in the middle of one.
	line := mailserver.ProxyTo(t, fmt.Sprintf("%s:%d", mail.Host(), mail.IMAPPort))
	line.CutNextAfter(30_000, 45_011, 60_007)
	in := newInstance(t, databaseURL, devstack.Redis(t))
	in.start()
	fill(t, mail, flood)
	in.addMailbox(mail, line.Port())
	in.waitForAll(databaseURL, flood, 0)
	in.mailboxIsEmpty(mail)
	if cuts := line.Cuts(); cuts < 3 {
		t.Errorf("%d connections were cut, want 3: the test did not test what it says", cuts)
	}
}

func TestMailboxPolledByTwoProcesses(t *testing.T) {
	t.Parallel()
	mail, databaseURL := mailbox(t), devstack.Database(t)
	in := newInstance(t, databaseURL, devstack.Redis(t))
	in.start()
	in.spawn("poll")
	in.addMailbox(mail, mail.IMAPPort)
	fill(t, mail, flood/2)
	in.waitForSome(databaseURL, 50)
	// The first process may hold the lease and dies with it: the second goes on.
	in.kill()
	in.start()
	for i := flood / 2; i < flood; i++ {
		if err := mail.Deliver(supportAddress, plainMail(i)); err != nil {
			t.Fatal(err)
		}
	}
	in.waitForAll(databaseURL, flood, 0)
	in.mailboxIsEmpty(mail)
}

func TestUnparseableAmongMany(t *testing.T) {
	t.Parallel()
	const bad = 50
	mail, databaseURL := mailbox(t), devstack.Database(t)
	in := newInstance(t, databaseURL, devstack.Redis(t))
	in.start()
	in.addMailbox(mail, mail.IMAPPort)
	for i := range flood {
		raw := plainMail(i)
		if i%(flood/bad) == 3 {
			raw = headless(i)
		}
		if err := mail.Deliver(supportAddress, raw); err != nil {
			t.Fatal(err)
		}
	}
	in.waitForAll(databaseURL, flood-bad, bad)
	in.mailboxIsEmpty(mail)

	spooled, err := filepath.Glob(filepath.Join(in.dir, "spool", "unprocessable_mail", "*.eml"))
	if err != nil || len(spooled) != bad {
		t.Fatalf("%d mails in the spool (%v), want %d", len(spooled), err, bad)
	}
	raw, err := os.ReadFile(spooled[0])
	if err != nil || !strings.Contains(string(raw), "Who am I?") {
		t.Errorf("spooled mail is %q (%v), want the mail as it came", raw, err)
	}
	if list := in.mustRun("spool", "list"); strings.Count(list, ".eml") < bad && strings.Count(list, "\n") < bad {
		t.Errorf("postroom spool list shows less than %d mails:\n%s", bad, list)
	}
	var health struct{ Healthy bool }
	if err := in.get("/api/v1/monitoring/health_check", &health); err != nil || health.Healthy {
		t.Errorf("health check says healthy (%v) with %d failed mails, want not", err, bad)
	}
}
