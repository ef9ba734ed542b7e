package live

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"postroom/internal/devstack"
	"postroom/internal/store"
)

// line is a connection to a page that says when it is ended.
type line struct{ ended chan struct{} }

func (line) Tell([]json.RawMessage) {}
func (l line) End()                 { close(l.ended) }

func TestPagesThatWereForgottenComeBack(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Options{URL: devstack.Database(t), SecretKey: make([]byte, 32), MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	hub := New(s, nil, slog.New(slog.DiscardHandler))
	lines := map[string]line{}
	for _, id := range []string{"silent", "known", "forgotten"} {
		lines[id] = line{make(chan struct{})}
		hub.Join(id, lines[id])
		if id == "silent" { // it has asked for nothing yet
			continue
		}
		if err := s.AddPushClient(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := hub.Hold(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DropPushClients(t.Context(), []string{"forgotten"}); err != nil { // as if nobody had held it for long
		t.Fatal(err)
	}
	hub.hold(t.Context())
	select {
	case <-lines["forgotten"].ended:
	case <-time.After(20 * time.Second):
		t.Error("a page that hears of nothing any more keeps its connection")
	}
	for _, id := range []string{"silent", "known"} {
		select {
		case <-lines[id].ended:
			t.Errorf("the connection of the %s page was ended", id)
		default:
		}
	}
	hub.Leave("forgotten")
	hub.hold(t.Context()) // which would end it twice
}
