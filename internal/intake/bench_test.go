package intake_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"postroom/channels"
	"postroom/internal/desk"
	"postroom/internal/devstack"
)

// benchWorkers is how many mails are processed at once.
const benchWorkers = 8

// BenchmarkProcess makes tickets of small mails, a third of them replies, on a PostgreSQL that
// commits as durably as in production.
func BenchmarkProcess(b *testing.B) {
	h := benchHouse(b)
	for first := 0; first < b.N; first += 100 {
		var batch []channels.Inbound
		for i := first; i < min(first+100, b.N); i++ {
			batch = append(batch, h.inbound(benchMail(i)))
		}
		if err := h.intake.Receive(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
	tasks := h.waiting()
	b.ResetTimer()
	h.run(tasks)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
	if n := ask[int](h, `SELECT count(*) FROM inbound_messages WHERE state = 'processed'`); n < b.N*9/10 {
		b.Errorf("%d of %d mails are processed", n, b.N)
	}
}

// BenchmarkReceive takes small mails over in batches of 50.
func BenchmarkReceive(b *testing.B) {
	h := benchHouse(b)
	b.ResetTimer()
	for first := 0; first < b.N; first += 50 {
		var batch []channels.Inbound
		for i := first; i < min(first+50, b.N); i++ {
			batch = append(batch, h.inbound(benchMail(i)))
		}
		if err := h.intake.Receive(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}

func benchHouse(b *testing.B) *house {
	b.Helper()
	server := devstack.Postgres(b)
	if err := install(server.URL()); err != nil {
		b.Fatal(err)
	}
	return openHouse(b, server.URL())
}

func benchMail(i int) string {
	headers := []string{
		fmt.Sprintf("Message-ID: <bench%d@example.org>", i),
		fmt.Sprintf("From: Customer Number%d <customer%d@example.org>", i%300, i%300),
		fmt.Sprintf("Subject: Case number %d", i),
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"Date: Mon, 4 May 2026 09:30:00 +0000",
	}
	if i%3 == 2 && i > 60 {
		headers[2] = fmt.Sprintf("Subject: Re: Case number %d", i-60)
		headers = append(headers, fmt.Sprintf("References: <bench%d@example.org>", i-60))
	}
	return mail(headers...) + strings.Repeat("The quick brown fox jumps over the lazy dog, and nobody knows why.\n", 30)
}

// run works off tasks with several workers. Mails that wait for another are announced anew and
// left alone.
func (h *house) run(tasks []work) {
	queue := make(chan work)
	var group sync.WaitGroup
	for range benchWorkers {
		group.Go(func() {
			for w := range queue {
				err := h.intake.Process(context.Background(), w.Inbound, w.Outbox)
				if err != nil && desk.Permanent(err) {
					h.t.Errorf("process message %d: %v", w.Inbound, err)
				}
			}
		})
	}
	for _, w := range tasks {
		queue <- w
	}
	close(queue)
	group.Wait()
}
