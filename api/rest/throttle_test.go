package rest_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"postroom/api/rest"
	"postroom/internal/devstack"
	"postroom/internal/store"
)

func TestClientIPs(t *testing.T) {
	t.Parallel()
	house := &rest.House{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
	for _, tc := range []struct{ peer, forwarded, want string }{
		{"192.0.2.1:1", "", "192.0.2.1"},
		{"192.0.2.1:1", "198.51.100.1", "192.0.2.1"}, // anybody can say that
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"[::ffff:10.0.0.1]:1", "198.51.100.1", "198.51.100.1"},
		{"[::1]:1", "203.0.113.9, 198.51.100.1 , 10.0.0.2", "198.51.100.1"}, // what a stranger claims comes first
		{"10.0.0.1:1", "10.0.0.3", "10.0.0.3"},
		{"10.0.0.1:1", "unknown", "10.0.0.1"},
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"[fe80::1%eth0]:1", "", "fe80::1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tc.peer
		r.Header.Set("X-Forwarded-For", tc.forwarded)
		if got := house.ClientIP(r).String(); got != tc.want {
			t.Errorf("%s for %q: %s, want %s", tc.peer, tc.forwarded, got, tc.want)
		}
	}
}

func TestWhoAsksTooOftenIsTurnedAway(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), store.Options{URL: devstack.Database(t), SecretKey: bytes.Repeat([]byte{1}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	house := &rest.House{Store: s, Log: slog.New(slog.DiscardHandler)}
	ask := func(peer, what, whom string) error {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.RemoteAddr = peer
		return house.Throttle(r, what, whom)
	}
	for _, tc := range []struct {
		name, peer, what, whom string
		refused                bool
	}{
		{"first", "192.0.2.1:1", "reset", "emma", false},
		{"second", "192.0.2.1:2", "reset", " EMMA ", false},
		{"third, from elsewhere", "192.0.2.2:1", "reset", "emma", false},
		{"fourth about the same person", "192.0.2.3:1", "reset", "emma", true},
		{"about another, third from there", "192.0.2.1:1", "reset", "david", false},
		{"fourth from there", "192.0.2.1:1", "reset", "", true},
		{"something else", "192.0.2.1:1", "verify", "emma", false},
	} {
		if err := ask(tc.peer, tc.what, tc.whom); errors.Is(err, rest.ErrTooMany) != tc.refused || err != nil && !tc.refused {
			t.Errorf("%s: %v, refused = %v wanted", tc.name, err, tc.refused)
		}
	}
}
