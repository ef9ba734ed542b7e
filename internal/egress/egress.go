// Package egress makes HTTP requests to addresses that people typed in, and keeps such requests away
// from the machines beside us: an address is judged when the connection is made, after names were
// resolved and for every redirect, so that neither a name nor a redirect leads around it.
package egress

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrPrivate is in the error of a request to an address that the outside can't have.
var ErrPrivate = errors.New("address is in a private network, which OUTGOING_ALLOW does not name")

// Policy says where requests may go.
type Policy struct {
	// Allow are networks that may be reached although they are private.
	Allow []netip.Prefix
	// Through says by which proxy HTTP requests go; nil: all go straight. Where one does, the policy is for
	// the proxy, which judges for itself where it lets others go.
	Through Through
}

// Options of a client.
type Options struct {
	Timeout time.Duration // of a whole request with its answer; 0: 10 seconds
	// Insecure takes any certificate. An administrator says so, for a server with a certificate of its own.
	Insecure bool
	// Redirects that are followed; 0: none, the redirect is the answer.
	Redirects int
	// Through is in place of the policy's; nil: that one counts.
	Through Through
}

const (
	answerWithin  = 10 * time.Second
	connectWithin = 5 * time.Second
)

// Client returns a client that keeps to the policy. It keeps connections: make one and use it often.
func (p Policy) Client(opts Options) *http.Client {
	timeout := opts.Timeout
	if timeout == 0 {
		timeout = answerWithin
	}
	through := opts.Through
	if through == nil {
		through = p.Through
	}
	if through != nil {
		through = p.judged(through)
	}
	dialer := p.Dialer()
	dialer.Timeout = min(connectWithin, timeout)
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy:                  through,
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{InsecureSkipVerify: opts.Insecure},
			TLSHandshakeTimeout:    timeout,
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           20,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > opts.Redirects {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// Dialer returns what makes connections that keep to the policy, for protocols other than HTTP.
func (p Policy) Dialer() *net.Dialer {
	return &net.Dialer{Timeout: connectWithin, Control: p.control}
}

// control runs for every connection, when its address is known and before it is made.
func (p Policy) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	if !p.Permits(to.Addr()) {
		return fmt.Errorf("%s: %w", to.Addr(), ErrPrivate)
	}
	return nil
}

// special are networks that are not the internet's, beside those that netip knows (RFC 6890).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by customers of a provider
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), // for benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // translated to IPv4, private addresses among them
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"), // 6to4: the same
}

// Permits reports whether requests may go to an address.
func (p Policy) Permits(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, network := range p.Allow {
		if network.Contains(addr) {
			return true
		}
	}
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	for _, network := range special {
		if network.Contains(addr) {
			return false
		}
	}
	return true
}
