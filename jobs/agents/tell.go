// Package agents tells agents what happens to tickets: online and by mail.
//
// One job decides who is told and how, and notes it; another one writes and sends a mail, each in
// its own attempt, so that a mail server that is away delays its mails and nothing else.
package agents

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/notify"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// Tell is the job of task.AgentsToTell.
type Tell struct{ store *store.Store }

// NewTell returns the job.
func NewTell(s *store.Store) *Tell { return &Tell{s} }

// Work decides who is told of an event, tells them online, and announces their mails.
func (j *Tell) Work(ctx context.Context, t task.AgentsToTell, id desk.OutboxID) error {
	catalog, err := j.store.Catalog(ctx)
	if err != nil {
		return err
	}
	return j.store.InBriefTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, id); errors.Is(err, desk.ErrNotFound) {
			return nil // done
		} else if err != nil {
			return err
		}
		telling := &telling{tx: tx, catalog: catalog, event: t.TicketEvent, now: time.Now().UTC()}
		if err := telling.run(ctx); err != nil && !errors.Is(err, desk.ErrNotFound) {
			return err // a ticket that is gone is nothing to be told of
		}
		return tx.FinishTask(ctx, id)
	})
}

// telling is the work on one event.
type telling struct {
	tx      *store.Store
	catalog *desk.Catalog
	event   desk.TicketEvent
	now     time.Time
	ticket  desk.Ticket
	known   map[desk.UserID]desk.User // those who stand in for others, and whom they stand in for
}

func (t *telling) run(ctx context.Context) error {
	if t.catalog.Settings.Bool("import_mode") {
		return nil
	}
	var err error
	if t.ticket, err = t.tx.Ticket(ctx, t.event.TicketID); err != nil {
		return err
	}
	if t.event.MovesState() && notify.Settles(t.ticket, t.catalog) {
		merged := t.catalog.StateType(t.ticket.StateID) == desk.StateTypeMerged
		if err := t.tx.SettleNotifications(ctx, t.ticket, merged); err != nil {
			return err
		}
	}
	if t.event.Quiet {
		return nil
	}
	news, err := t.news(ctx)
	if err != nil || !news.Worth {
		return err
	}
	agents, err := t.candidates(ctx, &news)
	if err != nil {
		return err
	}
	return t.tell(ctx, news, agents)
}

// news are what there is to tell. A note of the system is none, unless it says so: answers of
// machines are not what agents want to hear of (reference: notifications.md 4.1).
func (t *telling) news(ctx context.Context) (notify.News, error) {
	n := notify.News{Event: t.event, Ticket: t.ticket, Author: t.event.By}
	if n.Event.ArticleID != 0 {
		article, err := t.tx.Article(ctx, n.Event.ArticleID)
		gone := errors.Is(err, desk.ErrNotFound)
		if err != nil && !gone {
			return n, err
		}
		spoken := article.SenderID != desk.SenderSystem || len(n.Event.Changes) == 0 && article.Preferences["notification"] == true
		if gone || !spoken {
			n.Event.ArticleID = 0
		} else {
			n.Author = article.UpdatedByID
		}
	}
	n.Worth = n.Event.Type != desk.EventUpdate || n.Event.ArticleID != 0 || len(seenChanges(n.Event.Changes, t.catalog)) > 0
	return n, nil
}

// tell notes who is told what, and announces the mails.
func (t *telling) tell(ctx context.Context, news notify.News, agents []notify.Agent) error {
	_, mailed := t.catalog.NotificationChannel()
	var shown []workspace.OnlineNotification
	var lines []desk.Change
	var mails []task.Kind
	for _, agent := range agents {
		ways := notify.Decide(agent, news, t.now)
		ways.Email = ways.Email && mailed && agent.Email != ""
		if ways.None() {
			continue
		}
		first, err := t.firstToday(ctx, agent)
		if err != nil {
			return err
		}
		if !first {
			continue
		}
		if ways.Online {
			shown = append(shown, workspace.OnlineNotification{
				UserID: agent.ID, Type: news.Event.Type, Object: desk.ObjectTicket, OID: int64(t.ticket.ID),
				Seen:  notify.SeenAtFirst(news, agent.ID, t.catalog),
				Stamp: desk.Stamp{CreatedByID: t.actor(), UpdatedByID: t.actor()},
			})
		}
		if ways.Email {
			mails = append(mails, task.AgentMail{UserID: agent.ID, Reason: string(agent.Reason), Event: news.Event, Actor: news.Author})
		}
		lines = append(lines, t.line(agent, ways))
	}
	if len(lines) == 0 {
		return nil
	}
	if err := t.tx.InsertOnlineNotifications(ctx, shown...); err != nil {
		return err
	}
	if err := t.tx.AddHistory(ctx, lines); err != nil {
		return err
	}
	return t.tx.Announce(ctx, mails...)
}

// actor is who caused the event; the system where time did.
func (t *telling) actor() desk.UserID {
	if t.event.ByTime() || t.event.By == 0 {
		return desk.SystemUser
	}
	return t.event.By
}

// line is what the history says of somebody who was told.
func (t *telling) line(a notify.Agent, ways notify.Ways) desk.Change {
	name := a.Email
	if name == "" {
		name = a.Login
	}
	return desk.Change{
		Object: desk.ObjectTicket, OID: int64(t.ticket.ID), Type: "notification",
		ValueTo: fmt.Sprintf("%s(%s:%s)", name, t.event.Type, ways), By: t.actor(),
	}
}

// firstToday reports whether somebody was not yet told today that a time was reached, and remembers
// that now it is so. Days are those of the installation's time zone.
func (t *telling) firstToday(ctx context.Context, a notify.Agent) (bool, error) {
	if !t.event.ByTime() {
		return true, nil
	}
	today := t.now.In(t.catalog.Settings.Zone())
	return t.tx.TakeDay(ctx, "notification:"+strings.ToLower(a.Login), t.event.Type, t.ticket.ID, today)
}
