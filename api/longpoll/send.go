package longpoll

import (
	"context"
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/personal"
)

// client finds the page that a request comes from. That of somebody else is none.
func (s *Room) client(ctx context.Context, who *desk.Caller, id string) (personal.PushClient, error) {
	c, err := s.Store.PushClient(ctx, id)
	if err == nil && c.UserID != nil && (who == nil || who.User.ID != *c.UserID) {
		err = desk.ErrNotFound
	}
	return c, err
}

// send takes an event from a page. A page that is not known yet is given an id.
func (s *Room) send(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, answer := p.Text("client_id"), rest.Record{}
	c, err := s.client(ctx, who, id)
	if errors.Is(err, desk.ErrNotFound) {
		id = rest.RandomText(idBytes)
		answer = rest.Record{{"client_id", id}}
		err = s.Store.AddPushClient(ctx, id)
	}
	if err != nil {
		return err
	}
	data, _ := p.Object("data")
	if err := s.take(ctx, who, id, c, rest.Params(data).Text("event")); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, answer)
}

const idBytes = 18

// take does what an event asks for. What nobody knows is nobody's business.
func (s *Room) take(ctx context.Context, who *desk.Caller, id string, c personal.PushClient, event string) error {
	switch event {
	case "login":
		if who != nil {
			c.UserID = &who.User.ID
			if err := s.Store.SetPushClient(ctx, id, c); err != nil {
				return err
			}
		}
		return s.queue(ctx, id, "maintenance", rest.Record{{"type", "app_version"}, {"app_version", s.version}})
	case "ping":
		return s.Store.QueueEvent(ctx, id, rest.AppendJSON(nil, pong))
	case "who_am_i":
		message := "Nobody is signed in."
		if who != nil {
			message = "You are user " + rest.IDText(who.User.ID) + "."
		}
		return s.queue(ctx, id, event, rest.Record{{"message", message}})
	}
	return nil
}

func (s *Room) queue(ctx context.Context, id, event string, data rest.Record) error {
	return s.Store.QueueEvent(ctx, id, rest.AppendJSON(nil, rest.Record{{"event", event}, {"data", data}}))
}

// pong says that there is nothing to say.
var pong = rest.Record{{"event", "pong"}}
