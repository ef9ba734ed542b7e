// Package search holds the verbs about the search engine and its indexes.
package search

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/elastic"
	"postroom/jobs/index"
)

// Command is the family of verbs; writer makes what writes documents.
func Command(p *cli.Program, writer func(*cli.House) *index.Writer) *cobra.Command {
	return cli.Family("search", "The search engine and its indexes", rebuildCommand(p, writer), statusCommand(p))
}

func rebuildCommand(p *cli.Program, writer func(*cli.House) *index.Writer) *cobra.Command {
	var workers int
	var only []string
	var replace bool
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Fill new indexes of the search engine, and let them take over",
		Long: `Fills a new index for each kind of records while the old one serves, compares it with the database,
and lets it take over. Changes that are made meanwhile reach both. It can be stopped at any time, and
goes on where it was when it is run again. Without a search engine, the index of words is made anew
by which PostgreSQL finds tickets.
The kinds: ` + strings.Join(elastic.Objects, ", ") + ".",
		Example: "  postroom search rebuild --workers 4\n  postroom search rebuild --only ticket,user",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, object := range only {
				if !slices.Contains(elastic.Objects, object) {
					return fmt.Errorf("there is no index of %q; there are %s", object, strings.Join(elastic.Objects, ", "))
				}
			}
			if len(only) == 0 {
				only = elastic.Objects
			}
			return rebuild(cmd.Context(), p, only, &index.Rebuild{Workers: min(max(workers, 1), 32), Replace: replace}, writer)
		},
	}
	cmd.Flags().IntVar(&workers, "workers", 2, "pages of records read and written at once, up to 32")
	cmd.Flags().StringSliceVar(&only, "only", nil, "only these kinds, separated by commas")
	cmd.Flags().BoolVar(&replace, "replace", false, "delete indexes of another program that have our names")
	return cmd
}

func rebuild(ctx context.Context, p *cli.Program, objects []string, fresh *index.Rebuild, writer func(*cli.House) *index.Writer) error {
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	alone, err := h.Store.Candidate(ctx, "search rebuild")
	if err != nil {
		return err
	}
	defer alone.Close()
	if leads, err := alone.TryLead(ctx); err != nil {
		return err
	} else if !leads {
		return errors.New("another `postroom search rebuild` is at it")
	}
	bar := &progressBar{out: p.Out}
	client, err := engine(ctx, h)
	if err != nil {
		return err
	}
	if client == nil {
		if err := rebuildWords(ctx, h, fresh.Workers, bar.show); err != nil {
			bar.end()
			return fmt.Errorf("%w; run it again to go on", err)
		}
		return nil
	}
	fresh.Writer, fresh.Progress = writer(h), bar.show
	if err := fresh.Run(ctx, objects); err != nil {
		bar.end()
		return fmt.Errorf("%w; run it again to go on", err)
	}
	return nil
}

// progressBar shows how far a rebuild is: on one line that is written over, or where nobody watches in
// one line a kind.
type progressBar struct {
	out   io.Writer
	shown time.Time
	begun time.Time
	open  bool
}

const barWidth = 30

func (b *progressBar) show(now index.Progress) {
	if now.Done == 0 || b.begun.IsZero() {
		b.begun = time.Now()
	}
	if !now.Finished && (!b.watched() || time.Since(b.shown) < 100*time.Millisecond) {
		return
	}
	b.shown = time.Now()
	part := 1.0
	if now.Total > 0 {
		part = float64(now.Done) / float64(now.Total)
	}
	full := min(max(int(part*barWidth), 0), barWidth)
	line := fmt.Sprintf("%-36s [%s%s] %d of %d", now.Object, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), now.Done, now.Total)
	if now.Finished {
		line += fmt.Sprintf(", serves, %s", time.Since(b.begun).Round(100*time.Millisecond))
	}
	if b.watched() {
		line = "\r" + line
	}
	fmt.Fprint(b.out, line)
	b.open = true
	if now.Finished {
		b.end()
	}
}

func (b *progressBar) end() {
	if b.open {
		fmt.Fprintln(b.out)
	}
	b.open, b.begun = false, time.Time{}
}

// watched reports whether a person looks on.
func (b *progressBar) watched() bool {
	file, ok := b.out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// engine returns the client of the search engine; nil: there is none.
func engine(ctx context.Context, h *cli.House) (*elastic.Client, error) {
	c, err := h.Store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return h.Engine.Client(c.Settings)
}
