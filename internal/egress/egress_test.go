package egress_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"postroom/internal/egress"
)

func TestPermits(t *testing.T) {
	t.Parallel()
	office := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
	for address, want := range map[string]bool{
		"93.184.216.34":      true,
		"2606:2800:220:1::1": true,
		"10.1.2.3":           true, // allowed
		"::ffff:10.1.2.3":    true, // the same, written as IPv6
		"10.2.0.1":           false,
		"127.0.0.1":          false,
		"127.9.9.9":          false,
		"::1":                false,
		"::":                 false,
		"0.0.0.0":            false,
		"::ffff:127.0.0.1":   false,
		"169.254.169.254":    false, // where clouds tell their secrets
		"172.16.0.1":         false,
		"192.168.1.1":        false,
		"100.64.0.1":         false,
		"fd00::1":            false,
		"fe80::1%eth0":       false,
		"ff02::1":            false,
		"224.0.0.1":          false,
		"255.255.255.255":    false,
		"64:ff9b::7f00:1":    false,
		"2002:7f00:1::":      false,
	} {
		if got := office.Permits(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t, want %t", address, got, want)
		}
	}
}

func TestNeitherNamesNorRedirectsLeadInside(t *testing.T) {
	t.Parallel()
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request arrived") }))
	defer inside.Close()
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	for _, address := range []string{inside.URL, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port} {
		resp, err := egress.Policy{}.Client(egress.Options{}).Get(address)
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, egress.ErrPrivate) {
			t.Errorf("%s: %v, want %v", address, err, egress.ErrPrivate)
		}
	}
	// The server that redirects may be reached, at 127.0.0.1; where it redirects to, 127.0.0.2, may not.
	door := httptest.NewServer(http.RedirectHandler("http://127.0.0.2"+port, http.StatusFound))
	defer door.Close()
	policy := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	resp, err := policy.Client(egress.Options{Redirects: 1}).Get(door.URL)
	if err == nil {
		resp.Body.Close()
	}
	if !errors.Is(err, egress.ErrPrivate) {
		t.Errorf("redirect: %v, want %v", err, egress.ErrPrivate)
	}
	resp, err = policy.Client(egress.Options{}).Get(door.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusFound {
		t.Errorf("status %d, want the redirect itself, %d", resp.StatusCode, http.StatusFound)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	policy := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if resp, err := policy.Client(egress.Options{}).Get(server.URL); err == nil {
		resp.Body.Close()
		t.Error("a certificate that nobody vouches for was taken")
	}
	resp, err := policy.Client(egress.Options{Insecure: true}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}
