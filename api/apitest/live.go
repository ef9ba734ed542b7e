package apitest

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/redis/go-redis/v9"

	"postroom/api"
	"postroom/internal/devstack"
	"postroom/internal/live"
)

// tell lets a server tell pages that keep a connection open, until stop is called or the test ends.
func tell(t testing.TB, server *api.Server) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	told := make(chan error, 1)
	go func() { told <- server.Tell(ctx); close(told) }()
	stop = func() {
		cancel()
		<-told
	}
	t.Cleanup(stop)
	return stop
}

// Process is a further process of an office's API.
type Process struct {
	URL  string
	Stop func() // as on SIGTERM: connections are closed
}

// Bus is a Redis of the test by which processes hear of each other.
func (o *Office) Bus() live.Bus {
	o.T.Helper()
	options, err := redis.ParseURL(devstack.Redis(o.T))
	if err != nil {
		o.T.Fatal(err)
	}
	client := redis.NewClient(options)
	o.T.Cleanup(func() { _ = client.Close() })
	return live.Redis{Client: client}
}

// Process starts a further process on the same database.
func (o *Office) Process(bus live.Bus) Process {
	o.T.Helper()
	server := api.New(api.Needs{
		Store: o.Store, Blobs: o.blobs, Version: "6.5.0", Live: bus,
		Log: slog.New(slog.NewTextHandler(logTo{o.T}, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	listening := httptest.NewServer(server)
	stop := tell(o.T, server)
	end := func() {
		stop()
		listening.Close()
	}
	o.T.Cleanup(end)
	return Process{listening.URL, end}
}
