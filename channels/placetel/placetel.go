// Package placetel asks Placetel who is behind a SIP name.
package placetel

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// How long a list is kept, and a failure remembered: a call must not wait for a server that is away.
const (
	keepList    = 24 * time.Hour
	keepFailure = time.Hour
)

const maxList = 8 << 20 // bytes

// Directory knows the SIP users of Placetel accounts.
type Directory struct {
	url    string
	client *http.Client
	log    *slog.Logger
	now    func() time.Time

	mu    sync.Mutex // also held while the list is fetched: those who wait need it too
	token string
	names map[string]string
	until time.Time
}

// RequestWithin is how long Placetel may take to answer. A call waits for it.
const RequestWithin = 10 * time.Second

// New returns a directory that has asked nobody yet. Its requests go by a client.
func New(client *http.Client, log *slog.Logger) *Directory {
	return &Directory{url: "https://api.placetel.de/v2/sip_users", client: client, log: log, now: time.Now}
}

// Name returns the name of the user with a SIP name, empty when nobody knows.
func (d *Directory) Name(ctx context.Context, apiToken, sip string) string {
	if apiToken == "" || sip == "" {
		return ""
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.now(); d.token != apiToken || now.After(d.until) {
		names, err := d.fetch(ctx, apiToken)
		d.token, d.names, d.until = apiToken, names, now.Add(keepList)
		if err != nil {
			d.until = now.Add(keepFailure)
			d.log.WarnContext(ctx, "Placetel doesn't tell the names of agents", "error", err)
		}
	}
	return d.names[sip]
}

func (d *Directory) fetch(ctx context.Context, apiToken string) (map[string]string, error) {
	// The telephone system may hang up; the next call needs the list all the same.
	request, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodGet, d.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+apiToken)
	answer, err := d.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("list of SIP users: status %d", answer.StatusCode)
	}
	var users []struct{ Name, SIPUID string }
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxList)).Decode(&users); err != nil {
		return nil, fmt.Errorf("list of SIP users: %w", err)
	}
	names := make(map[string]string, len(users))
	for _, user := range users {
		names[user.SIPUID] = user.Name
	}
	return names, nil
}
