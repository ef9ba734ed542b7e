package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9/logging"
	"github.com/spf13/cobra"

	"postroom/cmd/postroom/channel"
	"postroom/cmd/postroom/cli"
	"postroom/cmd/postroom/helpdesk"
	"postroom/cmd/postroom/mails"
	"postroom/cmd/postroom/people"
	"postroom/cmd/postroom/search"
	"postroom/internal/config"
)

// program is one run of the binary: what it was given by the system.
type program struct {
	environ  []string
	in       io.Reader
	out, err io.Writer
	over     chan struct{} // closed when run returns
}

// run executes one verb and returns the status to exit with.
func (p *program) run(ctx context.Context, args []string) int {
	p.over = make(chan struct{})
	defer close(p.over)
	ctx, stop := p.untilSignal(ctx)
	defer stop()
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	// The client of Redis would write its own lines to standard error, many of them while Redis is
	// away. What they say reaches our log as the errors of those who use it.
	logging.Disable()
	understood := false
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		// cobra looks at these only later, when a mistake would no longer pass for one of usage.
		if err := cmd.ValidateRequiredFlags(); err != nil {
			return err
		}
		if err := cmd.ValidateFlagGroups(); err != nil {
			return err
		}
		understood = true
		return nil
	}
	verb, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(p.err, "postroom:", err)
	if !understood {
		fmt.Fprintf(p.err, "run `%s --help` to see how it is used\n", verb.CommandPath())
		return cli.ExitUsage
	}
	if exit, ok := errors.AsType[*cli.ExitError](err); ok {
		return exit.Status
	}
	return 1
}

// toldOnce is how soon a second signal still belongs to the first: what stops a whole group of
// processes reaches us directly, and once more through make or a shell above us.
const toldOnce = time.Second

// untilSignal returns a context that ends with the first SIGINT or SIGTERM. A later one ends the
// program at once.
func (p *program) untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
			return
		}
		for told := time.Now(); time.Since(told) < toldOnce; {
			<-signals
		}
		fmt.Fprintln(p.err, "postroom: told twice to stop, leaving work to be done again")
		os.Exit(1)
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}

func (p *program) root() *cobra.Command {
	c := p.cli()
	root := &cobra.Command{
		Use:   "postroom",
		Short: "A helpdesk without a front end: mail in, tickets out, Zammad's REST API on top",
		Long: `Postroom takes in what customers write, makes tickets of it, serves them over Zammad's
REST API and sends the answers.

  postroom all        everything in one process; brings its own PostgreSQL and Redis
                      when none are configured
  postroom doctor     what is wrong, and what to do about it
  postroom config     every variable, its value and where it came from

All verbs read the same environment variables. In a folder where "postroom all" runs, they find
its database by themselves.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddGroup(&cobra.Group{ID: groupRun, Title: "Run:"}, &cobra.Group{ID: groupManage, Title: "Manage:"}, &cobra.Group{ID: groupLook, Title: "Look and repair:"})
	for _, part := range []struct {
		group string
		verbs []*cobra.Command
	}{
		{groupRun, []*cobra.Command{p.allCommand(), p.apiCommand(), p.workCommand(), p.pollCommand(), p.scheduleCommand()}},
		{groupManage, []*cobra.Command{p.migrateCommand(), p.settingsCommand(), people.Command(c), people.TokenCommand(c), channel.Command(c, p.channelFetchCommand()), mails.Command(c), p.chatCommand(), p.demoCommand(), helpdesk.Command(c)}},
		{groupLook, []*cobra.Command{p.doctorCommand(), p.configCommand(), p.jobsCommand(), mails.SpoolCommand(c), p.slaCommand(), search.Command(c, writer), p.versionCommand()}},
	} {
		for _, verb := range part.verbs {
			verb.GroupID = part.group
			root.AddCommand(verb)
		}
	}
	root.AddCommand(p.extractCommand())
	return root
}

// cli is what verbs in rooms of their own are given.
func (p *program) cli() *cli.Program {
	return &cli.Program{
		In: p.in, Out: p.out, Err: p.err,
		Spool: func() (string, error) {
			cfg, err := p.config()
			if err != nil {
				return "", err
			}
			return cfg.Places.Spool, nil
		},
		Open: func(ctx context.Context) (*cli.House, error) {
			h, err := p.open(ctx)
			if err != nil {
				return nil, err
			}
			return h.forVerbs(), nil
		},
	}
}

// forVerbs is a house as verbs in rooms of their own see it.
func (h *house) forVerbs() *cli.House {
	return &cli.House{
		Log: h.log, Store: h.store, Blobs: h.blobs, Engine: h.engine, Spool: h.cfg.Places.Spool, Outgoing: h.outgoing(), Close: h.close,
	}
}

// Groups of verbs in the help text.
const (
	groupRun    = "run"
	groupManage = "manage"
	groupLook   = "look"
)

// config reads the environment.
func (p *program) config() (*config.Config, error) {
	cfg, err := config.Read(p.environ)
	if err != nil {
		return nil, fmt.Errorf("%w\nrun `postroom config` to see all variables", err)
	}
	return cfg, nil
}

// logger writes to standard error: standard output belongs to what a verb prints.
func (p *program) logger(cfg *config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level = slog.LevelInfo // config has checked it
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(p.err, options))
	}
	return slog.New(slog.NewTextHandler(p.err, options))
}
