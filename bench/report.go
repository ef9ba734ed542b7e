package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// result is one line of the table.
type result struct {
	what   string // what was measured
	value  string // with its unit
	target string // empty: none
	notes  string
}

// report collects results and writes them as a table.
type report struct {
	started time.Time
	load    string // average over 1, 5 and 15 minutes when we started
	rows    []result
}

func (r *report) add(what, value, target, notes string) {
	r.rows = append(r.rows, result{what, value, target, notes})
	fmt.Printf("%-58s %-22s %s\n", what, value, notes)
}

// write prints the table as Markdown, with the conditions it holds under.
func (r *report) write(w io.Writer) {
	fmt.Fprintf(w, "# Benchmarks of %s\n\n", r.started.Format(time.DateOnly))
	fmt.Fprintf(w, "Measured %s on %s.\n", r.started.Format(time.DateTime), machine())
	fmt.Fprintf(w, "Postroom, PostgreSQL (fsync on), Redis, Dovecot and the load ran together on this machine. Load average before the start: %s.\n\n", r.load)
	fmt.Fprintln(w, "| what | measured | target | notes |\n| --- | --- | --- | --- |")
	for _, row := range r.rows {
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", row.what, row.value, row.target, row.notes)
	}
}

// save writes the table to bench/results/<date>.md.
func (r *report) save(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, r.started.Format(time.DateOnly)+".md")
	file, err := os.Create(path)
	if err != nil {
		return "", err
	}
	r.write(file)
	return path, file.Close()
}

func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(data))[:3], " ")
}

// percentile returns the value below which p percent of the durations lie.
func percentile(durations []time.Duration, p int) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func mib(bytes int64) string { return fmt.Sprintf("%.0f MiB", float64(bytes)/(1<<20)) }
