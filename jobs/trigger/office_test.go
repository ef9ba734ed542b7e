package trigger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/perform"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/internal/store/tickets"
	"postroom/jobs/jobtest"
	"postroom/jobs/task"
	"postroom/jobs/trigger"
)

// office is a fresh installation whose group Users can send mail, with nobody but triggers at work.
type office struct {
	*store.Store
	t   *testing.T
	db  *pgxpool.Pool
	job *trigger.Triggers

	mu   sync.Mutex
	told []desk.TicketEvent // of what is announced after triggers
}

func open(t *testing.T) *office {
	t.Helper()
	installation := jobtest.Open(t)
	o := &office{Store: installation.Store, t: t, db: installation.DB}
	o.exec(`INSERT INTO channels (id, area, options, active, updated_by_id, created_by_id)
		VALUES (100, 'Email::Account', '{"outbound":{"adapter":"smtp"}}', true, 1, 1)`)
	o.exec(`INSERT INTO email_addresses (id, channel_id, name, email, active, updated_by_id, created_by_id)
		VALUES (100, 100, 'Desk', 'desk@example.com', true, 1, 1)`)
	o.exec(`UPDATE groups SET email_address_id = 100 WHERE id = 1`)
	o.exec(`INSERT INTO users (id, login, firstname, lastname, email, active, updated_by_id, created_by_id)
		VALUES (50, 'nina@example.org', 'Nina', 'O''Neil & Sons', 'nina@example.org', true, 1, 1),
			(51, 'agent@example.com', 'Alma', 'Agent', 'agent@example.com', true, 1, 1)`)
	o.exec(`INSERT INTO roles_users (user_id, role_id) VALUES (50, 3), (51, 2)`)
	o.exec(`INSERT INTO groups_users (user_id, group_id, access) VALUES (51, 1, 'full')`)
	o.set("fqdn", `"desk.example.com"`)
	o.job = trigger.New(o.Store, perform.New(blob.New(t.TempDir()), slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler),
		func(_ *desk.Catalog, e desk.TicketEvent) task.Kind {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.told = append(o.told, e)
			return nil
		})
	return o
}

func (o *office) exec(sql string, args ...any) {
	o.t.Helper()
	if _, err := o.db.Exec(o.t.Context(), sql, args...); err != nil {
		o.t.Fatalf("%s: %v", sql, err)
	}
	o.ForgetCatalog()
}

func ask[T any](o *office, sql string, args ...any) (value T) {
	o.t.Helper()
	if err := o.db.QueryRow(o.t.Context(), sql, args...).Scan(&value); err != nil {
		o.t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func (o *office) set(setting, value string) {
	o.t.Helper()
	o.exec(`UPDATE settings SET state_current = jsonb_build_object('value', $2::jsonb) WHERE name = $1`, setting, value)
}

// noTriggers takes the shipped triggers away.
func (o *office) noTriggers() { o.exec(`DELETE FROM triggers`) }

// trigger makes one; more are pairs of columns and values.
func (o *office) trigger(name, condition, actions string, more ...string) {
	o.t.Helper()
	t := desk.Trigger{Name: name, Activator: desk.ActivatorAction, ExecutionConditionMode: desk.ModeSelective, Active: true}
	for i := 0; i < len(more); i += 2 {
		switch more[i] {
		case "activator":
			t.Activator = more[i+1]
		case "mode":
			t.ExecutionConditionMode = more[i+1]
		case "localization":
			t.Localization = &more[i+1]
		case "timezone":
			t.Timezone = &more[i+1]
		}
	}
	for text, into := range map[string]*map[string]any{condition: &t.Condition, actions: &t.Perform} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			o.t.Fatalf("%s: %v", text, err)
		}
	}
	err := o.InTx(o.t.Context(), func(tx *store.Store) error { return catalog.Triggers.Insert(o.t.Context(), tx.DB, &t, 1) })
	if err != nil {
		o.t.Fatal(err)
	}
	o.ForgetCatalog()
}

func (o *office) catalog() *desk.Catalog {
	o.t.Helper()
	c, err := o.Catalog(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// mail is a ticket that came by mail from Nina.
func (o *office) mail(change func(*desk.Ticket, *desk.Article)) desk.Ticket {
	o.t.Helper()
	number := ask[int](o, `SELECT 7000000 + count(*)::int FROM tickets`)
	t := desk.Ticket{
		GroupID: 1, PriorityID: 2, StateID: desk.StateNew, OwnerID: 1, CustomerID: 50, Number: fmt.Sprint(number), Title: "Printer <3 & ink",
		Stamp: desk.Stamp{CreatedByID: 50, UpdatedByID: 50},
	}
	a := desk.Article{
		TypeID: desk.ArticleEmail, SenderID: desk.SenderCustomer, From: new("Nina O'Neil <nina@example.org>"), To: new("desk@example.com"),
		Subject: new("Printer <3 & ink"), ContentType: "text/plain", Body: "It is empty.",
		Preferences: map[string]any{"send-auto-response": true, "is-auto-response": false},
		Stamp:       desk.Stamp{CreatedByID: 50, UpdatedByID: 50},
	}
	if change != nil {
		change(&t, &a)
	}
	ctx := o.t.Context()
	err := o.InTx(ctx, func(tx *store.Store) error {
		if err := tx.InsertTicket(ctx, &t); err != nil {
			return err
		}
		a.TicketID = t.ID
		if err := tx.InsertArticle(ctx, &a); err != nil {
			return err
		}
		return tx.AnnounceEvent(ctx, o.catalog(), desk.TicketEvent{
			TicketID: t.ID, Type: desk.EventCreate, ArticleID: a.ID, By: 50, Interface: desk.ByMail,
		})
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return t
}

// change changes a ticket in the agent's name, with an article if one is given.
func (o *office) change(id desk.TicketID, change func(*desk.Ticket), a *desk.Article) {
	o.t.Helper()
	ctx := o.t.Context()
	err := o.InTx(ctx, func(tx *store.Store) error {
		before, err := tx.LockTicket(ctx, id)
		if err != nil {
			return err
		}
		after, event := before, desk.TicketEvent{By: 51, Interface: desk.ByAPI}
		if change != nil {
			change(&after)
		}
		if a != nil {
			a.TicketID, a.CreatedByID, a.UpdatedByID = id, 51, 51
			if err := tx.InsertArticle(ctx, a); err != nil {
				return err
			}
			event.ArticleID = a.ID
		}
		_, err = tx.ChangeTicket(ctx, tickets.TicketChange{Before: before, After: after, Catalog: o.catalog(), Event: event})
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// work works off all events, the newest first if that is asked for.
func (o *office) work(newestFirst ...bool) {
	o.t.Helper()
	order := "id"
	if len(newestFirst) > 0 {
		order = "id DESC"
	}
	for {
		var id desk.OutboxID
		var t task.TicketChanged
		var payload []byte
		err := o.db.QueryRow(o.t.Context(), `SELECT id, payload FROM outbox WHERE kind = 'ticket.changed' ORDER BY `+order+` LIMIT 1`).Scan(&id, &payload)
		if err != nil {
			return
		}
		if err := json.Unmarshal(payload, &t); err != nil {
			o.t.Fatal(err)
		}
		if err := o.job.Work(context.WithoutCancel(o.t.Context()), t, id); err != nil {
			o.t.Fatalf("work on %s: %v", payload, err)
		}
	}
}

func (o *office) now() time.Time { return time.Now().UTC() }

// together works off all events with several workers at once.
func (o *office) together(workers int) {
	o.t.Helper()
	rows, err := o.db.Query(o.t.Context(), `SELECT id, payload FROM outbox WHERE kind = 'ticket.changed' ORDER BY id`)
	if err != nil {
		o.t.Fatal(err)
	}
	type event struct {
		ID   desk.OutboxID
		Work task.TicketChanged
	}
	events, err := pgx.CollectRows(rows, pgx.RowToStructByPos[event])
	if err != nil {
		o.t.Fatal(err)
	}
	group, ctx := errgroup.WithContext(o.t.Context())
	group.SetLimit(workers)
	for _, e := range events {
		group.Go(func() error { return o.job.Work(ctx, e.Work, e.ID) })
	}
	if err := group.Wait(); err != nil {
		o.t.Fatal(err)
	}
}
