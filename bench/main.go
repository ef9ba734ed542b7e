// Command bench measures the product on this machine and prints a table.
//
// It starts PostgreSQL, Redis and Dovecot of its own, with fsync on, and the built product beside
// them, and generates its own load; everything shares the machine. Results go to
// bench/results/<date>.md with the machine and the load they were measured under.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

// sizes say how much each part does.
type sizes struct {
	mails   int // in the mailbox
	probes  int // mails whose latency is measured
	tasks   int // passed through the queue
	waiting int // tasks that wait meanwhile
	tickets int // in the database while REST is measured
	asks    int // requests of each kind
	demo    int // tickets that demo fill makes
	creates int // tickets made over REST beside them
	open    int // open tickets whose deadlines are calculated anew
	pages   int // open and idle
	said    int // messages between a visitor and an agent
}

func main() {
	only := flag.String("only", "parser,triggers,mail,latency,queue,rest,scale,textsearch,search,deadlines,messengers,calls,chat", "parts to run, separated by commas")
	size := sizes{}
	flag.IntVar(&size.mails, "mails", 3000, "mails of each corpus")
	flag.IntVar(&size.probes, "probes", 100, "mails whose way is timed")
	flag.IntVar(&size.tasks, "tasks", 10_000, "tasks passed through the queue")
	flag.IntVar(&size.waiting, "waiting", 100_000, "tasks that wait while others are passed through")
	flag.IntVar(&size.tickets, "tickets", 100_000, "tickets in the database")
	flag.IntVar(&size.asks, "requests", 2000, "REST requests of each kind")
	flag.IntVar(&size.demo, "demo-tickets", 100_000, "tickets that demo fill makes for part scale; 1000000 takes some minutes")
	flag.IntVar(&size.creates, "creates", 1500, "tickets made over REST")
	flag.IntVar(&size.pages, "pages", 2000, "idle pages of part chat")
	flag.IntVar(&size.said, "said", 300, "messages in part chat")
	flag.IntVar(&size.open, "open-tickets", 100_000, "open tickets in part deadlines")
	dir := flag.String("dir", "var/bench", "folder for data; emptied first")
	out := flag.String("out", "bench/results", "folder for the table; empty: none is written")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, size, strings.Split(*only, ","), *dir, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, size sizes, parts []string, dir, out string) error {
	known := map[string]func(context.Context, *bench) error{
		"parser":     benchParser,
		"triggers":   benchTriggers,
		"mail":       benchMail,
		"latency":    benchLatency,
		"queue":      benchQueue,
		"rest":       benchREST,
		"scale":      benchScale,
		"textsearch": benchTextSearch,
		"search":     benchSearch,
		"deadlines":  benchDeadlines,
		"messengers": benchMessengers,
		"calls":      benchCalls,
		"chat":       benchChat,
	}
	r := &report{started: time.Now(), load: loadAverage()}
	for _, part := range parts {
		measure, ok := known[part]
		if !ok {
			return fmt.Errorf("-only: unknown part %q", part)
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		b := &bench{size: size, dir: dir, report: r}
		err := measure(ctx, b)
		b.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	fmt.Println()
	r.write(os.Stdout)
	if out == "" {
		return nil
	}
	path, err := r.save(out)
	if err == nil {
		fmt.Println("\nwritten to", path)
	}
	return err
}
