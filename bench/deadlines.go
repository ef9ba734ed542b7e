package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/sla"
)

// benchDeadlines measures (g): the arithmetic of deadlines, the calculation of those of all open
// tickets while mail comes in, and how late escalations come meanwhile.
func benchDeadlines(ctx context.Context, b *bench) error {
	if err := measureArithmetic(b); err != nil {
		return err
	}
	dovecot, err := b.startMail(ctx)
	if err != nil {
		return err
	}
	db, err := pgx.Connect(ctx, b.stack.DatabaseURL())
	if err != nil {
		return err
	}
	defer db.Close(ctx)
	if err := fillOpen(ctx, db, b.size.open); err != nil {
		return err
	}
	mails := NewCorpus("small", 1)
	for range 10 * b.size.mails { // more than come in while all are looked at
		if err := dovecot.Deliver(mailbox, mails.Small()); err != nil {
			return err
		}
	}
	if err := b.connectMailbox(ctx, dovecot); err != nil {
		return err
	}
	alone, err := b.rateOf(ctx, b.size.mails, func() bool { return false })
	if err != nil {
		return err
	}
	if _, err := db.Exec(ctx, escalateSoon, soon); err != nil {
		return err
	}
	changed := time.Now()
	if err := b.promise(ctx); err != nil {
		return err
	}
	took := time.Duration(0)
	together, err := b.rateOf(ctx, 0, func() bool {
		took = time.Since(changed)
		return rebuilt(ctx, db)
	})
	if err != nil {
		return err
	}
	b.report.add("(g) deadlines of all open tickets after a new SLA", fmt.Sprintf("%.1f s", took.Seconds()), "60 s", fmt.Sprintf("%d tickets, while mail came in", b.size.open))
	b.report.add("(g) mails to articles meanwhile", fmt.Sprintf("%.0f %%", 100*together/alone), "80 %", fmt.Sprintf("%.0f mails/s, %.0f before", together, alone))
	return b.measureLateness(ctx, db)
}

// measureArithmetic times a deadline that is a year of working time away.
func measureArithmetic(b *bench) error {
	hours := map[string]any{}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri"} {
		hours[day] = map[string]any{"active": true, "timeframes": []any{[]any{"08:00", "12:00"}, []any{"13:00", "17:00"}}}
	}
	calendar, err := sla.NewCalendar(desk.Calendar{Timezone: "Europe/Berlin", BusinessHours: hours})
	if err != nil {
		return err
	}
	const rounds = 20_000
	start := time.Date(2024, 1, 1, 9, 30, 0, 0, time.UTC)
	begun := time.Now()
	for range rounds {
		if _, ok := calendar.After(start, 260*8*60, nil); !ok {
			return fmt.Errorf("there is no deadline")
		}
	}
	each := time.Since(begun) / rounds
	b.report.add("(g) one deadline, a year of working time away", fmt.Sprintf("%.1f µs", float64(each.Nanoseconds())/1000), "20 µs", "two frames a day, five days a week")
	return nil
}

// soon is how many of the open tickets escalate while all are looked at.
const soon = 600

// Each ticket escalates an hour after it was made, which is in forty minutes and more.
func fillOpen(ctx context.Context, db *pgx.Conn, n int) error {
	_, err := db.Exec(ctx, `
		INSERT INTO tickets (group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id, created_at, updated_at)
		SELECT 1, 2, 2, 'open' || n, 'Question ' || n, 1, 1, 1, made, made
		FROM (SELECT n, now() - random() * interval '20 minutes' AS made FROM generate_series(1, $1::int) n) tickets`, n)
	return err
}

// The first ones escalate from twenty seconds on, ten a second.
const escalateSoon = `
	UPDATE tickets
	SET created_at = now() - interval '1 hour' + interval '20 seconds' + substr(number, 5)::int * interval '100 milliseconds'
	WHERE number LIKE 'open%' AND substr(number, 5)::int <= $1`

// rateOf waits for so many mails, or until done says so, and returns how many came a second.
func (b *bench) rateOf(ctx context.Context, mails int, done func() bool) (float64, error) {
	first, err := b.articles(ctx)
	if err != nil {
		return 0, err
	}
	begun, now := time.Now(), first
	err = b.waitFor(ctx, rarely, 10*time.Minute, func() (err error) {
		if now, err = b.articles(ctx); err != nil {
			return err
		}
		if mails > 0 && now-first >= mails || done() {
			return nil
		}
		return fmt.Errorf("%d articles", now-first)
	})
	return float64(now-first) / time.Since(begun).Seconds(), err
}

// promise makes a calendar and an SLA over the API.
func (b *bench) promise(ctx context.Context) error {
	hours := map[string]any{}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		hours[day] = map[string]any{"active": true, "timeframes": []any{[]any{"00:00", "24:00"}}}
	}
	var calendar struct{ ID int64 }
	if err := b.make(ctx, "/api/v1/calendars", map[string]any{"name": "Always", "timezone": "UTC", "business_hours": hours}, &calendar); err != nil {
		return err
	}
	return b.make(ctx, "/api/v1/slas", map[string]any{
		"name": "An hour", "calendar_id": calendar.ID, "first_response_time": 60, "solution_time": 600,
		"condition": map[string]any{"ticket.title": map[string]any{"operator": "contains", "value": "Question"}},
	}, nil)
}

func (b *bench) make(ctx context.Context, path string, record, into any) error {
	body, err := json.Marshal(record)
	if err != nil {
		return err
	}
	return b.call(ctx, http.MethodPost, path, body, "Token token="+b.token, into)
}

func rebuilt(ctx context.Context, db *pgx.Conn) bool {
	var done bool
	err := db.QueryRow(ctx, `SELECT count(*) > 0 AND bool_and(finished_at IS NOT NULL) FROM deadline_rebuilds`).Scan(&done)
	return err == nil && done
}

// measureLateness asks when the escalations of the load came.
func (b *bench) measureLateness(ctx context.Context, db *pgx.Conn) error {
	var late []time.Duration
	err := b.waitFor(ctx, seldom, 3*time.Minute, func() error {
		rows, err := db.Query(ctx, `
			SELECT extract(epoch FROM e.fired_at - e.due_at)::float8
			FROM deadline_events e
			JOIN tickets t ON t.id = e.ticket_id
			WHERE e.type = 'escalation' AND t.number LIKE 'open%'`)
		if err != nil {
			return err
		}
		seconds, err := pgx.CollectRows(rows, pgx.RowTo[float64])
		if err == nil && len(seconds) < soon {
			err = fmt.Errorf("%d of %d escalations", len(seconds), soon)
		}
		late = late[:0]
		for _, s := range seconds {
			late = append(late, time.Duration(s*float64(time.Second)))
		}
		return err
	})
	if err != nil {
		return err
	}
	b.report.add("(g) lateness of an escalation under that load, most", ms(percentile(late, 100)), "1 s",
		fmt.Sprintf("p50 %s, p99 %s; %d escalations, ten a second", ms(percentile(late, 50)), ms(percentile(late, 99)), len(late)))
	return nil
}
