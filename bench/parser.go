package main

import (
	"context"
	"fmt"
	"time"

	"postroom/parser"
)

// benchParser measures the parser alone, one mail after the other.
func benchParser(_ context.Context, b *bench) error {
	corpora := []struct {
		name, target string
		next         func(*Corpus) []byte
	}{
		{"mixed", "350 mails/s", (*Corpus).Mixed},
		{"small", "1,200 mails/s", (*Corpus).Small},
	}
	for _, corpus := range corpora {
		made, mails, bytes := NewCorpus("parser", 2), [][]byte(nil), 0
		for range 500 {
			raw := corpus.next(made)
			mails, bytes = append(mails, raw), bytes+len(raw)
		}
		started := time.Now()
		for _, raw := range mails {
			if _, err := parser.Parse(raw, parser.Options{}); err != nil {
				return err
			}
		}
		took := time.Since(started).Seconds()
		b.report.add("parser alone, "+corpus.name+" corpus", fmt.Sprintf("%.0f mails/s", float64(len(mails))/took), corpus.target,
			fmt.Sprintf("%.0f MB/s, one goroutine, HTML sanitized", float64(bytes)/1e6/took))
	}
	return nil
}
