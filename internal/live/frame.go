package live

import (
	"context"
	"net/netip"

	"postroom/internal/desk"
)

// From is the page that sent something.
type From struct {
	Page    string       // its id
	Who     *desk.Caller // who is signed in; nil: nobody
	Claimed bool         // it said that somebody is
	IP      netip.Addr
	Country string // two letters, if a proxy that is trusted told it
	Origin  string // of the website that the page is part of
}

// Frame is what a page sent: {"event": Event, "data": Data}. Values are as JSON has them, numbers as json.Number.
type Frame struct {
	Event string
	Data  map[string]any
	Top   map[string]any // the whole frame: a few events have keys beside data
}

// Take does what a page asks for. It reports false for events that it doesn't know.
type Take func(ctx context.Context, from From, frame Frame) (known bool, err error)
