// Package live answers pages that keep a connection open: the WebSocket at /ws.
//
// It knows how a page says who it is and how frames come and go; what events mean is for others to
// say, whom it asks in turn. What pages are told comes from package internal/live.
package live

import (
	"context"
	"net/netip"
	"sync"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/live"
)

// Recognise returns who is let in by the badge of a session, or else by an Authorization header; nil: nobody is.
type Recognise func(ctx context.Context, badge, authorization string) (*desk.Caller, error)

// Room keeps connections to pages.
type Room struct {
	*rest.House
	version   string // of the API
	recognise Recognise
	take      live.Take

	mu   sync.Mutex
	from map[netip.Addr]int // connections by address
}

// What pages may ask of a process: more than people who type.
const (
	mostConnections = 10_000
	mostOfAddress   = 2_500    // connections; an office or a proxy has only one address
	frameBytes      = 64 << 10 // of what a page sends at once
	perSecond       = 10       // frames of one page, on average
	burst           = 40
)

// New returns a Room of a house. take is asked what events mean that are about more than the connection.
func New(house *rest.House, version string, recognise Recognise, take live.Take) *Room {
	return &Room{House: house, version: version, recognise: recognise, take: take, from: map[netip.Addr]int{}}
}

// Path is where pages connect.
const Path = "/ws"

// enter counts a connection from an address, unless there are too many.
func (s *Room) enter(address netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Live.Count() >= mostConnections || s.from[address] >= mostOfAddress {
		return false
	}
	s.from[address]++
	return true
}

// leave ends what enter began.
func (s *Room) leave(address netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.from[address]--; s.from[address] == 0 {
		delete(s.from, address)
	}
}
