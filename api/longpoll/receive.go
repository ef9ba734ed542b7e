package longpoll

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// How long a page waits, and how often is looked meanwhile. Proxies give a request 30 seconds.
const (
	waitFor   = 24 * time.Second
	lookEvery = time.Second
)

// receive answers with what happened since the page asked last, as soon as something has.
func (s *Room) receive(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id := p.Text("client_id")
	ends, again := time.NewTimer(waitFor), time.NewTicker(lookEvery)
	defer ends.Stop()
	defer again.Stop()
	for {
		events, err := s.look(ctx, rest.Caller(r), id)
		if errors.Is(err, desk.ErrNotFound) {
			return rest.Invalid("client_id", "Invalid client_id receive!")
		}
		if err != nil {
			return err
		}
		if len(events) > 0 {
			return rest.WriteJSON(w, http.StatusOK, events)
		}
		select {
		case s.turns <- struct{}{}:
		default: // so many wait that this one has to ask again
			return rest.WriteJSON(w, http.StatusOK, pong)
		}
		over := false
		select {
		case <-again.C:
		case <-ends.C:
			over = true
		case <-ctx.Done():
			over = true
		}
		<-s.turns
		if over {
			return rest.WriteJSON(w, http.StatusOK, pong)
		}
	}
}

// look collects what waits for a page, and what happened to what its user sees.
func (s *Room) look(ctx context.Context, who *desk.Caller, id string) ([]json.RawMessage, error) {
	c, err := s.client(ctx, who, id)
	if err != nil {
		return nil, err
	}
	events, err := s.Store.TakeEvents(ctx, id)
	if err != nil || c.UserID == nil {
		return events, err
	}
	news := news{Room: s, who: who, knows: c.Knows}
	if err := news.notifications(ctx); err != nil {
		return nil, err
	}
	if err := news.tickets(ctx, time.Now()); err != nil {
		return nil, err
	}
	if len(news.events) > 0 || c.Knows.Looked.IsZero() {
		c.Knows = news.knows
		if err := s.Store.SetPushClient(ctx, id, c); err != nil {
			return nil, err
		}
	}
	for _, event := range news.events {
		events = append(events, rest.AppendJSON(nil, event))
	}
	return events, nil
}
