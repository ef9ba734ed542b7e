package rest

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// AllowOtherOrigins lets pages of other origins read the answer. Only answers that need no cookie
// get these headers, so they give away nothing to a page that its visitor could not read anyway.
func AllowOtherOrigins(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "POST, GET, PUT, DELETE, PATCH, OPTIONS")
	h.Set("Access-Control-Max-Age", "1728000")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Depth, User-Agent, X-File-Size, X-Requested-With, "+
		"If-Modified-Since, X-File-Name, Cache-Control, Accept-Language")
}

// ClientIP is the address that a request comes from. What proxies say of it is believed of those
// alone that the operator named: anybody can send X-Forwarded-For.
func (s *House) ClientIP(r *http.Request) netip.Addr {
	client := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(client); i-- {
		before, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = before.Unmap().WithZone("")
	}
	return client
}

// FromProxy reports whether a request was handed on by a proxy whose word is taken.
func (s *House) FromProxy(r *http.Request) bool { return s.trusted(peer(r)) }

func (s *House) trusted(address netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(address) })
}

// peer is who the connection is from.
func peer(r *http.Request) netip.Addr {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return address.Addr().Unmap().WithZone("")
}
