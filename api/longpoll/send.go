package longpoll

import (
	"context"
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/live"
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
	from := s.FromPage(r)
	from.Page, from.Claimed = id, c.UserID != nil || who != nil
	// A page of somebody else can make a browser ask with its cookie, and without the CSRF token.
	forgeable := r.Method == http.MethodGet && r.Header.Get("Authorization") == ""
	if err := s.act(ctx, from, c, rest.Params(data), forgeable); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, answer)
}

const idBytes = 18

// act does what an event asks for. What nobody knows is nobody's business. What changes more than the
// page is not done in the name of its user when it may be forged.
func (s *Room) act(ctx context.Context, from live.From, c personal.PushClient, sent rest.Params, forgeable bool) error {
	switch event := sent.Text("event"); event {
	case "login":
		if from.Who != nil {
			c.UserID = &from.Who.User.ID
			if err := s.Store.SetPushClient(ctx, from.Page, c); err != nil {
				return err
			}
		}
		return s.queue(ctx, from.Page, "maintenance", rest.Record{{"type", "app_version"}, {"app_version", s.version}})
	case "ping":
		return s.Store.QueueEvent(ctx, from.Page, rest.AppendJSON(nil, pong))
	case "who_am_i":
		return s.queue(ctx, from.Page, event, rest.WhoAmI(from.Who))
	default:
		if forgeable {
			from.Who = nil
		}
		data, _ := sent.Object("data")
		_, err := s.take(ctx, from, live.Frame{Event: event, Data: data, Top: sent})
		return err
	}
}

func (s *Room) queue(ctx context.Context, id, event string, data rest.Record) error {
	return s.Store.QueueEvent(ctx, id, rest.AppendJSON(nil, rest.Record{{"event", event}, {"data", data}}))
}

// pong says that there is nothing to say.
var pong = rest.Record{{"event", "pong"}}
