package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"postroom/internal/desk"
	"postroom/internal/elastic"
	"postroom/internal/extract"
	"postroom/jobs/index"
)

func (p *program) searchCommand() *cobra.Command {
	return family("search", "The search engine and its indexes", p.searchRebuildCommand(), p.searchStatusCommand())
}

func (p *program) searchRebuildCommand() *cobra.Command {
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
			return p.rebuildSearch(cmd.Context(), only, workers, replace)
		},
	}
	cmd.Flags().IntVar(&workers, "workers", 2, "pages of records read and written at once, up to 32")
	cmd.Flags().StringSliceVar(&only, "only", nil, "only these kinds, separated by commas")
	cmd.Flags().BoolVar(&replace, "replace", false, "delete indexes of another program that have our names")
	return cmd
}

func (p *program) rebuildSearch(ctx context.Context, objects []string, workers int, replace bool) error {
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	alone, err := h.store.Candidate(ctx, "search rebuild")
	if err != nil {
		return err
	}
	defer alone.Close()
	if leads, err := alone.TryLead(ctx); err != nil {
		return err
	} else if !leads {
		return errors.New("another `postroom search rebuild` is at it")
	}
	bar := &progressBar{program: p}
	engine, err := h.searchEngine(ctx)
	if err != nil {
		return err
	}
	if engine == nil {
		if err := h.rebuildWords(ctx, min(max(workers, 1), 32), bar.show); err != nil {
			bar.end()
			return fmt.Errorf("%w; run it again to go on", err)
		}
		return nil
	}
	rebuild := &index.Rebuild{Writer: h.indexWriter(), Workers: min(max(workers, 1), 32), Replace: replace, Progress: bar.show}
	if err := rebuild.Run(ctx, objects); err != nil {
		bar.end()
		return fmt.Errorf("%w; run it again to go on", err)
	}
	return nil
}

// progressBar shows how far a rebuild is: on one line that is written over, or where nobody watches in
// one line a kind.
type progressBar struct {
	*program
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

// searchEngine returns the client of the search engine; nil: there is none.
func (h *house) searchEngine(ctx context.Context) (*elastic.Client, error) {
	c, err := h.store.Catalog(ctx)
	if err != nil {
		return nil, err
	}
	return h.engine.Client(c.Settings)
}

// applySearch makes settings of what the environment says about the search engine.
func (h *house) applySearch(ctx context.Context) error {
	c, err := h.store.Catalog(ctx)
	if err != nil {
		return err
	}
	for name, value := range h.cfg.Search.Settings {
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if string(c.Settings[name]) == string(text) {
			continue
		}
		if err := h.store.PutSettingValue(ctx, name, value); err != nil && !errors.Is(err, desk.ErrNotFound) {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	h.store.ForgetCatalog()
	return nil
}

// indexWriter writes documents of the search engine.
func (h *house) indexWriter() *index.Writer {
	var command []string
	if self, err := os.Executable(); err == nil {
		command = []string{self, extractVerb}
	}
	return index.NewWriter(h.store, h.blobs, h.engine, extract.New(command...), h.log)
}

const extractVerb = "extract-text"

// extractCommand is a process that reads one file, so that a hostile one harms nobody else.
func (p *program) extractCommand() *cobra.Command {
	return &cobra.Command{
		Use:     extractVerb,
		Short:   "Read a PDF from standard input, and print its text",
		Example: "  postroom " + extractVerb + " < manual.pdf",
		Args:    cobra.NoArgs,
		Hidden:  true,
		RunE:    func(*cobra.Command, []string) error { return extract.Alone(p.in, p.out) },
	}
}
