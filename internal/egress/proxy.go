package egress

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Through says by which proxy a request goes; nil: by none.
type Through func(*http.Request) (*url.URL, error)

// Proxy is what stands between us and the world, as an administrator describes it.
type Proxy struct {
	at     *url.URL // nil: nothing
	except []string // hosts that are reached without it
}

// near are reached without a proxy, whatever it is said to be for.
var near = []string{"localhost", "127.0.0.1", "::1"}

// ReadProxy reads host:port, empty: there is no proxy, and the names of hosts that need none, with commas
// between them: *.example.com for all below one.
func ReadProxy(address, user, password, except string) (Proxy, error) {
	address = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(address), "http://"))
	if address == "" {
		return Proxy{}, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" || strings.ContainsAny(address, "/@?# ") {
		return Proxy{}, fmt.Errorf("invalid proxy address %q: proxy.example.com:3128 would be one", address)
	}
	p := Proxy{at: &url.URL{Scheme: "http", Host: address}, except: slices.Clone(near)}
	if user != "" {
		p.at.User = url.UserPassword(user, password)
	}
	for name := range strings.SplitSeq(except, ",") {
		p.except = append(p.except, strings.ToLower(strings.TrimSpace(name)))
	}
	return p, nil
}

// Through is the proxy for those requests that go through it.
func (p Proxy) Through(r *http.Request) (*url.URL, error) {
	if p.at == nil || p.spares(strings.ToLower(r.URL.Hostname())) {
		return nil, nil
	}
	return p.at, nil
}

func (p Proxy) spares(host string) bool {
	return slices.ContainsFunc(p.except, func(name string) bool {
		below, all := strings.CutPrefix(name, "*.")
		return host == name || all && strings.HasSuffix(host, "."+below)
	})
}

// judged keeps requests to addresses that the outside can't have from a proxy, which may stand inside. Names
// it looks up itself, and judges where they lead.
func (p Policy) judged(through Through) Through {
	return func(r *http.Request) (*url.URL, error) {
		proxy, err := through(r)
		if err != nil || proxy == nil {
			return nil, err
		}
		if address, err := netip.ParseAddr(r.URL.Hostname()); err == nil && !p.Permits(address) {
			return nil, fmt.Errorf("%s: %w", address, ErrPrivate)
		}
		return proxy, nil
	}
}
