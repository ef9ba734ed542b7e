package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9/logging"
	"github.com/spf13/cobra"

	"postroom/internal/config"
)

// program is one run of the binary: what it was given by the system.
type program struct {
	environ  []string
	in       io.Reader
	out, err io.Writer
	over     chan struct{} // closed when run returns
}

// exitError ends the program with a status of its own.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

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
		return exitUsage
	}
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.status
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
		{groupManage, []*cobra.Command{p.migrateCommand(), p.settingsCommand(), p.userCommand(), p.tokenCommand(), p.channelCommand(), p.mailCommand(), p.chatCommand(), p.demoCommand(), p.importCommand()}},
		{groupLook, []*cobra.Command{p.doctorCommand(), p.configCommand(), p.jobsCommand(), p.spoolCommand(), p.slaCommand(), p.searchCommand(), p.versionCommand()}},
	} {
		for _, verb := range part.verbs {
			verb.GroupID = part.group
			root.AddCommand(verb)
		}
	}
	root.AddCommand(p.extractCommand())
	return root
}

// Groups of verbs in the help text.
const (
	groupRun    = "run"
	groupManage = "manage"
	groupLook   = "look"
)

// family is a command that only holds others.
func family(use, short string, members ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(members...)
	return cmd
}

// allNamed asks for the arguments that a verb's usage line names, and for no others.
func allNamed(cmd *cobra.Command, args []string) error {
	names := strings.Fields(cmd.Use)[1:]
	needed := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == more })
	if len(args) < len(needed) {
		return fmt.Errorf("%s is missing", needed[len(args)])
	}
	if len(args) > len(needed) && !slices.Contains(names, more) {
		return fmt.Errorf("%q is too much: after %s comes nothing", args[len(needed)], needed[len(needed)-1])
	}
	return nil
}

// more stands in a usage line for any number of what is before it.
const more = "…"

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
