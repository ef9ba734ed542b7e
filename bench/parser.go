package main

import (
	"context"
	"fmt"
	"strings"
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
	return benchHTML(b)
}

// benchHTML measures one mail of a megabyte of HTML, as newsletters and long conversations are.
func benchHTML(b *bench) error {
	const row = `<tr style="background-color:#fafafa"><td width="300" style="padding: 4px; font-family: Arial"><p style="margin:0">Dear <b>Ms Miller</b>,` +
		`<br>your order <a href="https://shop.example.com/orders/4711?x=1&amp;y=2">4711</a> has been sent. See www.example.com/track &#8211; or call us.</p></td>` +
		`<td><img src="cid:logo@x" width="120" height="40" alt="Logo"><span style="font-size:11px">Gr&uuml;&szlig;e</span>&nbsp;<o:p></o:p></td></tr>` + "\r\n"
	raw := []byte("From: shop@example.com\r\nContent-Type: text/html\r\n\r\n<html><body><table>" + strings.Repeat(row, 1<<20/len(row)) + "</table></body></html>")
	const rounds = 10
	started := time.Now()
	for range rounds {
		if _, err := parser.Parse(raw, parser.Options{}); err != nil {
			return err
		}
	}
	took := time.Since(started).Seconds() / rounds
	b.report.add("parser alone, a mail of 1 MB of HTML", fmt.Sprintf("%.0f ms", took*1e3), "< 200 ms", "one goroutine, HTML sanitized")
	return nil
}
