package trigger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/perform"
	"postroom/internal/rules"
	"postroom/internal/store"
)

// chain is everything that triggers do because of one event: what they change may set off others.
type chain struct {
	*Triggers
	tx      *store.Store
	catalog *desk.Catalog
	rules   *set
	first   desk.TicketEvent
	now     time.Time
	ticket  desk.Ticket // as it is by now
	known   *knowledge  // what conditions ask about it; nil: it changed, look again
	done    map[desk.TriggerID]bool
	silent  bool // an article said that no machine may answer, which holds for all that follows
}

// step is an event inside a chain, with the article that came with it.
type step struct {
	event   desk.TicketEvent
	article *desk.Article
	matters bool // something was written, whatever the event is called
}

// maxRounds is how deep triggers may set each other off when the setting says nothing sensible.
const maxRounds = 10

// run lets triggers act on the first event, and then on what they did themselves.
func (c *chain) run(ctx context.Context) (err error) {
	start := step{event: c.first}
	if start.article, err = c.articleOf(ctx, c.first.ArticleID); err != nil {
		return err
	}
	if !c.first.ByTime() {
		return c.round(ctx, start, 1)
	}
	later, err := c.reach(ctx, start)
	if err != nil || !later.event.Matters() {
		return err
	}
	c.first.Type = desk.EventUpdate
	return c.round(ctx, later, 1)
}

// articleOf returns the article of an event; nil: there is none, or it is gone.
func (c *chain) articleOf(ctx context.Context, id desk.ArticleID) (*desk.Article, error) {
	if id == 0 {
		return nil, nil
	}
	article, err := c.tx.Article(ctx, id)
	if errors.Is(err, desk.ErrNotFound) {
		return nil, nil
	}
	return &article, err
}

// round asks every trigger about a step, in their order. Each sees what those before it did.
func (c *chain) round(ctx context.Context, s step, depth int) error {
	settings := c.catalog.Settings
	limit := settings.Int("ticket_trigger_recursive_max_loop")
	if limit <= 0 {
		limit = maxRounds
	}
	if depth > limit {
		c.log.WarnContext(ctx, "triggers set each other off too often, stopped", "ticket_id", c.ticket.ID, "rounds", limit)
		return nil
	}
	c.silent = c.silent || silenced(s.article)
	for i := range c.rules.action {
		r := &c.rules.action[i]
		if c.done[r.ID] {
			continue
		}
		fits, err := c.fits(ctx, r, s)
		if err != nil {
			return err
		}
		if !fits || r.answers && c.silent {
			continue
		}
		next, err := c.act(ctx, r, s)
		if err != nil {
			return err
		}
		if settings.Bool("ticket_trigger_recursive") && next.matters {
			if err := c.round(ctx, next, depth+1); err != nil {
				return err
			}
			c.known = nil // it may have been learnt about another article
		}
	}
	return nil
}

// silenced reports whether an article says that no machine may answer it.
func silenced(article *desk.Article) bool {
	return article != nil && article.Preferences["send-auto-response"] == false
}

// reach lets triggers act on a time that is reached, each once a day. It returns what they did.
func (c *chain) reach(ctx context.Context, s step) (step, error) {
	done := step{event: desk.TicketEvent{TicketID: c.ticket.ID, Type: desk.EventUpdate, By: desk.SystemUser}}
	today := c.now.In(c.catalog.Settings.Zone())
	c.silent = silenced(s.article)
	for i := range c.rules.time {
		r := &c.rules.time[i]
		fits, err := c.fits(ctx, r, s)
		if err != nil {
			return done, err
		}
		if !fits || r.answers && c.silent {
			continue
		}
		taken, err := c.tx.TakeDay(ctx, fmt.Sprintf("trigger:%d", r.ID), c.first.Type, c.ticket.ID, today)
		if err != nil {
			return done, err
		}
		if !taken {
			continue
		}
		err = c.tx.AddHistory(ctx, []desk.Change{{
			Object: desk.ObjectTicket, OID: int64(c.ticket.ID), Type: "time_trigger_performed", ValueFrom: c.first.Type,
			By: desk.SystemUser, Source: r.source(),
		}})
		if err != nil {
			return done, err
		}
		next, err := c.act(ctx, r, s)
		if err != nil {
			return done, err
		}
		done.event.Changes = done.event.Changes.Merge(next.event.Changes)
		if next.article != nil {
			done.article, done.event.ArticleID = next.article, next.article.ID
		}
	}
	return done, nil
}

func (r *rule) source() desk.ChangeSource {
	return desk.ChangeSource{Type: "Trigger", ID: int64(r.ID), Name: r.Name}
}

// act takes a trigger's actions. One that can't be taken stops neither the others nor the event.
func (c *chain) act(ctx context.Context, r *rule, s step) (step, error) {
	c.done[r.ID] = true
	actor, err := c.actor(ctx, s)
	if err != nil {
		return step{}, err
	}
	var result perform.Result
	err = c.tx.Attempt(ctx, func(tx *store.Store) (err error) {
		result, err = c.performer.On(ctx, tx, perform.Task{
			Ticket: c.ticket, Perform: r.Perform, Rule: r.source(), Actor: actor, Event: s.event, Article: s.article,
			Catalog: c.catalog, Now: c.now, Locale: r.Localization, Zone: r.Timezone, Quiet: true, Private: true,
		})
		return err
	})
	if err != nil && !desk.Permanent(err) && !isConfig(err) {
		return step{}, fmt.Errorf("trigger %d of ticket %d: %w", r.ID, c.ticket.ID, err)
	}
	if err != nil {
		c.log.WarnContext(ctx, "trigger can't act", "trigger_id", r.ID, "ticket_id", c.ticket.ID, "error", err)
		return step{}, nil
	}
	c.log.InfoContext(ctx, "trigger performed", "trigger_id", r.ID, "ticket_id", c.ticket.ID)
	if result.Deleted {
		return step{}, &desk.MissingError{Class: desk.ObjectTicket, ID: int64(c.ticket.ID)}
	}
	c.ticket, c.known = result.Ticket, nil
	next := step{event: result.Event, article: result.Article, matters: result.Event.Matters()}
	next.event.Type = c.first.Type // a chain that a creation began stays one
	return next, nil
}

func isConfig(err error) bool {
	_, config := errors.AsType[*desk.ConfigError](err)
	return config
}

// fits judges a trigger's condition. One that can't be judged selects nothing.
func (c *chain) fits(ctx context.Context, r *rule, s step) (bool, error) {
	if c.known == nil {
		known, err := c.learn(ctx, s)
		if err != nil {
			return false, err
		}
		c.known = known
	}
	bound, err := r.condition.Bind(c.known.context(c, s, r.ExecutionConditionMode == desk.ModeSelective))
	if err != nil {
		c.log.WarnContext(ctx, "trigger can't be judged", "trigger_id", r.ID, "error", err)
		return false, nil
	}
	return bound.Matches(&c.known.facts), nil
}

// actor is whom an action means by the current user: who wrote the article last, or the ticket.
func (c *chain) actor(ctx context.Context, s step) (desk.User, error) {
	if !c.rules.needs.user {
		return desk.User{}, nil
	}
	user, err := c.tx.User(ctx, updater(c.ticket, s))
	if errors.Is(err, desk.ErrNotFound) {
		err = nil
	}
	return user, err
}

func updater(t desk.Ticket, s step) desk.UserID {
	if s.article != nil {
		return s.article.UpdatedByID
	}
	return t.UpdatedByID
}

// knowledge is what conditions can ask about a ticket, at one moment of a chain.
type knowledge struct {
	facts   rules.Facts
	user    *rules.User
	working func(calendar int64, at time.Time) (working, exists bool)
	zone    *time.Location
}

func (k *knowledge) context(c *chain, s step, selective bool) rules.Context {
	return rules.Context{
		Now: c.now, Zone: k.zone, User: k.user, Working: k.working,
		Event: &rules.Event{Type: s.event.Type, Changed: s.event.Changes.Names(), Article: s.event.ArticleID, Selective: selective},
	}
}
