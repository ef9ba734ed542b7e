// Package telephony takes in what telephone systems say about calls, and shows agents the caller log.
//
// A telephone system waits for its answer, and the caller hears nothing meanwhile: what it is
// answered is decided from what this process holds in memory, and the call is written once.
package telephony

import (
	"context"
	"sync/atomic"

	"golang.org/x/time/rate"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/channels/cti"
	"postroom/internal/desk"
)

// SIPNames tells the names of the agents of a Placetel account by their SIP names; empty: unknown.
type SIPNames interface {
	Name(ctx context.Context, apiToken, sip string) string
}

// Room answers telephone systems, and requests about calls.
type Room struct {
	*rest.House
	people  *people.Room
	names   SIPNames
	configs atomic.Pointer[configs]
	refused *rate.Limiter // entries in the http log about strangers
}

// New returns a Room of a house. names may be nil.
func New(house *rest.House, people *people.Room, names SIPNames) *Room {
	return &Room{House: house, people: people, names: names, refused: rate.NewLimiter(1, 10)}
}

// configs are the configurations of one version of the settings.
type configs struct {
	version int64
	of      map[string]*cti.Config
}

// config returns what is configured for a system.
func (s *Room) config(c *desk.Catalog, system cti.System) *cti.Config {
	known := s.configs.Load()
	if known == nil || known.version != c.Version {
		known = &configs{c.Version, map[string]*cti.Config{}}
		for _, one := range []cti.System{cti.Generic, cti.Sipgate, cti.Placetel} {
			known.of[one.Key] = cti.ParseConfig(c.Settings[one.Key+"_config"])
		}
		s.configs.Store(known) // another request may have done the same
	}
	return known.of[system.Key]
}

func enabled(c *desk.Catalog, system cti.System) bool {
	return c.Settings.Bool(system.Key + "_integration")
}
