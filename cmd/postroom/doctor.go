package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/channel"
	"postroom/cmd/postroom/cli"
	"postroom/internal/config"
	"postroom/internal/desk"
	"postroom/jobs"
	"postroom/spool"
)

func (p *program) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		Short:   "Look for what is wrong, and say what to do about it",
		Long:    "Looks at configuration, database, Redis, folders, mail accounts and work, and says what to do about\nwhat is wrong. It fails when something is.",
		Example: "  postroom doctor",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.doctor(cmd.Context()) },
	}
}

// finding is one thing the doctor looked at.
type finding struct {
	what  string
	state string
	todo  string // empty: nothing is wrong
}

// saidAlready is what to do when the state says that itself.
const saidAlready = "see above"

// examWithin is how long the doctor waits for each server.
const examWithin = 5 * time.Second

func (p *program) doctor(ctx context.Context) error {
	wrong := 0
	tell := func(findings ...finding) {
		for _, f := range findings {
			mark := "ok   "
			if f.todo != "" {
				mark = "WRONG"
				wrong++
			}
			fmt.Fprintf(p.out, "%s  %-14s %s\n", mark, f.what, f.state)
			if f.todo != "" && f.todo != saidAlready {
				fmt.Fprintf(p.out, "       %-14s -> %s\n", "", f.todo)
			}
		}
	}
	cfg, err := config.Read(p.environ)
	if err != nil {
		tell(finding{"configuration", err.Error(), "mend these variables; `postroom config` shows all"})
		return sick(wrong)
	}
	tell(finding{what: "configuration", state: "every variable can be used"})
	tell(folders(cfg)...)
	_, redisURL := find(cfg)
	tell(redisHealth(ctx, redisURL))
	h, err := p.openWithin(ctx)
	if err != nil {
		tell(finding{"database", err.Error(), databaseTodo(err)})
		return sick(wrong)
	}
	defer h.close()
	tell(finding{what: "database", state: "answers and is set up"})
	tell(h.channelHealth(ctx)...)
	tell(h.workHealth(ctx)...)
	tell(h.searchHealth(ctx)...)
	tell(h.spoolHealth())
	return sick(wrong)
}

func sick(wrong int) error {
	switch wrong {
	case 0:
		return nil
	case 1:
		return errors.New("one thing is wrong")
	}
	return fmt.Errorf("%d things are wrong", wrong)
}

func (p *program) openWithin(ctx context.Context) (*house, error) {
	ctx, cancel := context.WithTimeout(ctx, examWithin)
	defer cancel()
	return p.open(ctx)
}

func databaseTodo(err error) string {
	if errors.Is(err, desk.ErrUnavailable) {
		return "start PostgreSQL, or correct DATABASE_URL"
	}
	return saidAlready
}

func folders(cfg *config.Config) []finding {
	var findings []finding
	for _, folder := range []struct{ name, path string }{
		{"DATA_DIR", cfg.Places.Data}, {"SPOOL_DIR", cfg.Places.Spool}, {"BLOB_DIR", cfg.Places.Blobs},
	} {
		f := finding{what: folder.name, state: folder.path}
		if err := writable(folder.path); err != nil {
			f.state, f.todo = err.Error(), "make it a folder that this user can write to, or set "+folder.name+" to one"
		}
		findings = append(findings, f)
	}
	return findings
}

// writable tries the nearest folder that exists: missing ones are made when they are needed.
func writable(path string) error {
	info, err := os.Stat(path)
	for errors.Is(err, os.ErrNotExist) && filepath.Dir(path) != path {
		path = filepath.Dir(path)
		info, err = os.Stat(path)
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	probe, err := os.CreateTemp(path, ".doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func redisHealth(ctx context.Context, url string) finding {
	f := finding{what: "Redis", state: "answers"}
	if url == "" {
		return finding{"Redis", "not configured, and no `postroom all` runs in this folder", "set REDIS_URL, or start `postroom all`"}
	}
	client, err := jobs.Dial(url)
	if err == nil {
		defer client.Close()
		limited, cancel := context.WithTimeout(ctx, examWithin)
		defer cancel()
		err = client.Ping(limited).Err()
	}
	if err != nil {
		f.state, f.todo = err.Error(), "start Redis, or correct REDIS_URL; nothing is lost meanwhile, but no work is done"
	}
	return f
}

func (h *house) channelHealth(ctx context.Context) []finding {
	channels, err := h.store.ChannelsIn(ctx, desk.MailAreas...)
	if err != nil {
		return []finding{{"channels", err.Error(), saidAlready}}
	}
	findings := []finding{}
	for _, c := range channels {
		f := finding{what: fmt.Sprintf("channel %d", c.ID), state: channel.Mailbox(c) + ", last fetched: " + cli.Moment(c.LastFetch)}
		switch {
		case !c.Active:
			f.state = channel.Mailbox(c) + ", disabled"
		case cli.Text(c.StatusIn) == "error":
			f.state, f.todo = channel.Mailbox(c)+": "+cli.OneLine(c.LastLogIn), mendInbound(cli.Text(c.LastLogIn))
		case cli.Text(c.StatusOut) == "error":
			f.state, f.todo = channel.Mailbox(c)+": "+cli.OneLine(c.LastLogOut), "mend the outgoing server, then `postroom jobs retry --all`"
		}
		findings = append(findings, f)
	}
	if len(findings) == 0 {
		findings = append(findings, finding{what: "channels", state: "no mail account is connected (`postroom channel add email --help`)"})
	}
	return findings
}

// mendInbound tells mail that is left in a mailbox from a mailbox that can't be fetched.
func mendInbound(log string) string {
	if strings.Contains(log, "too large") {
		return "take that mail out of the mailbox, or raise setting postmaster_max_size; all other mail is fetched"
	}
	return "mend the account or its server; it is tried again by itself, at least every few minutes"
}

// lateAfter is when waiting work means that nobody does it.
const lateAfter = 5 * time.Minute

func (h *house) workHealth(ctx context.Context) []finding {
	counts, err := h.store.WorkCounts(ctx)
	if err != nil {
		return []finding{{"work", err.Error(), saidAlready}}
	}
	findings := []finding{}
	for _, c := range counts {
		f := finding{what: "work " + c.Queue, state: fmt.Sprintf("%d waiting, %d later, %d failing, %d dead", c.Waiting, c.Later, c.Failing, c.Dead)}
		switch {
		case c.Dead > 0:
			f.todo = "`postroom jobs list` says why; then `postroom jobs retry` or `drop`"
		case c.Waiting > c.Failing && c.Oldest > lateAfter: // what failed is being looked after
			f.state += fmt.Sprintf(", the oldest for %s", c.Oldest.Round(time.Second))
			f.todo = "run `postroom all`, or `postroom work` and `postroom schedule`; are WORKERS_… enough?"
		}
		findings = append(findings, f)
	}
	if len(findings) == 0 {
		findings = append(findings, finding{what: "work", state: "none waits"})
	}
	return findings
}

func (h *house) spoolHealth() finding {
	entries, err := spool.New(h.cfg.Places.Spool).List()
	if err != nil {
		return finding{"spool", err.Error(), saidAlready}
	}
	if len(entries) > 0 {
		return finding{"spool", fmt.Sprintf("%d mails could not be processed", len(entries)), "`postroom spool list` says why; then `postroom spool retry` or `drop`"}
	}
	return finding{what: "spool", state: "empty"}
}
