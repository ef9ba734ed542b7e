// Package api answers the REST interface under /api/v1.
//
// A request goes in, is given a caller, checked against the table of routes and decoded; what
// comes out is JSON in the shapes that existing clients know. It decides who may ask for what and
// leaves what happens then to the rooms below. It contains no SQL and knows no channel.
package api

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"postroom/api/form"
	"postroom/api/mail"
	"postroom/api/messaging"
	"postroom/api/people"
	"postroom/api/rest"
	"postroom/api/signin"
	"postroom/api/system"
	"postroom/api/telephony"
	"postroom/internal/blob"
	"postroom/internal/directorysync"
	"postroom/internal/egress"
	"postroom/internal/elastic"
	"postroom/internal/finder"
	"postroom/internal/idp"
	"postroom/internal/live"
	"postroom/internal/store"
)

// Needs is what a Server works with.
type Needs struct {
	Store   *store.Store
	Engine  *elastic.Engine // searched with; nil: PostgreSQL finds everything
	Blobs   *blob.Store
	Log     *slog.Logger
	Version string      // of the API, as GET /version tells it; clients look at the major number
	Wizard  mail.Wizard // tries mail accounts before they are stored
	// Providers are where people sign in to let us into their mailbox.
	Providers mail.Providers
	// Messaging is where what messengers send goes, and how their channels are set up.
	Messaging messaging.Needs
	// SIPNames tells the names of agents in a Placetel account; nil: nobody does.
	SIPNames telephony.SIPNames
	Resolver form.Resolver // tells whether a domain takes mail; nil: that of the system
	// AutoWizard sets the installation up from a file or variable the operator left, if there is
	// one; nil: there never is.
	AutoWizard system.AutoWizard
	Requests   int            // answered at once; 0: no limit
	Proxies    []netip.Prefix // whose word about who sent a request is taken
	// SignInAt are where identity providers are on the net; zero: where everybody finds them.
	SignInAt idp.Places
	Egress   egress.Policy // where requests to addresses that somebody typed in may go
	Live     live.Bus      // tells other processes that pages are to be told something; nil: they look often
	// WrongPasswordTakes is how long whoever guesses a password has to wait; 0: a second.
	WrongPasswordTakes time.Duration
}

// Server answers requests. It starts nothing by itself.
type Server struct {
	*rest.House
	signin  *signin.Room
	sockets http.Handler // connections to pages
	handler http.Handler
	routes  []*rest.Route
	version string
}

// New returns a Server that is ready to serve.
func New(needs Needs) *Server {
	house := &rest.House{
		Store: needs.Store, Blobs: needs.Blobs, Log: needs.Log, Proxies: needs.Proxies, Egress: needs.Egress,
		Finder: finder.New(needs.Store, needs.Engine, needs.Log),
		Live:   live.New(needs.Store, needs.Live, needs.Log),

		WrongPasswordTakes: cmp.Or(needs.WrongPasswordTakes, time.Second),
	}
	people := people.New(house)
	directories := directorysync.New(needs.Store, needs.Egress, needs.Providers, needs.Log)
	s := &Server{House: house, signin: signin.New(house, people, directories, needs.Version), version: needs.Version}
	s.routes = s.table(needs, people, directories)
	s.handler = beside(s.outermost(s.sockets), atOnce(needs.Requests, s.outermost(compressed(s.router()))))
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Limits of a connection. A handler has no deadline of its own: a mail account takes its time to
// be tried, and the queries below end with the request.
const (
	headersWithin = 10 * time.Second
	bodyWithin    = 2 * time.Minute
	answerWithin  = 5 * time.Minute
	idleFor       = 2 * time.Minute
	maxHeaders    = 64 << 10 // bytes
)

// Tell tells pages that keep a connection open what happens, until ctx ends. It closes the connections then.
func (s *Server) Tell(ctx context.Context) error { return s.Live.Run(ctx) }

// Serve answers requests on a listener until ctx ends. It then lets requests in hand finish, for
// at most grace.
func (s *Server) Serve(ctx context.Context, listener net.Listener, grace time.Duration) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headersWithin,
		ReadTimeout:       bodyWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHeaders,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	ending, end := context.WithCancel(ctx)
	defer end()
	told := make(chan error, 1)
	go func() { told <- s.Tell(ending) }()
	defer func() { <-told }()
	stopped := make(chan error, 1)
	go func() {
		<-ending.Done()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err := server.Shutdown(limit)
		if err != nil {
			err = errors.Join(err, server.Close())
		}
		stopped <- err
	}()
	err := server.Serve(listener)
	end()
	if stopping := <-stopped; errors.Is(err, http.ErrServerClosed) {
		return stopping
	}
	return err
}
