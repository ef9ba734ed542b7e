package egress_test

import (
	"errors"
	"io"
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

func TestRequestsGoByTheProxy(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("asked for " + r.URL.String() + " by " + r.Header.Get("Proxy-Authorization")))
	}))
	defer proxy.Close()
	straight := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("straight")) }))
	defer straight.Close()
	const ours = "127.0.0.2/32" // where nobody listens
	policy := egress.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix(ours)}}
	through, err := egress.ReadProxy(" "+proxy.URL, "me", "secret", "wiki.example.net, *.inside.example.net")
	if err != nil {
		t.Fatal(err)
	}
	policy.Through = through.Through
	for address, want := range map[string]string{
		"http://www.example.net/a":          "asked for http://www.example.net/a by Basic bWU6c2VjcmV0",
		"http://127.0.0.2/a":                "asked for http://127.0.0.2/a by Basic bWU6c2VjcmV0",
		straight.URL:                        "straight", // the machine itself is near
		"http://10.1.2.3/":                  "private network",
		"http://[::ffff:169.254.169.254]/":  "private network",
		"http://wiki.example.net.invalid/a": "asked for http://wiki.example.net.invalid/a by Basic bWU6c2VjcmV0",
	} {
		got := ""
		resp, err := policy.Client(egress.Options{}).Get(address)
		if err == nil {
			body, readErr := io.ReadAll(resp.Body)
			resp.Body.Close()
			got, err = string(body), readErr
		}
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	for address, want := range map[string]bool{
		"http://www.example.net/": true, "http://wiki.example.net/": false, "http://WIKI.example.net:8080/": false, "http://a.inside.example.net/": false,
		"http://inside.example.net/": true, "http://localhost:9200/": false, "http://[::1]/": false,
	} {
		at, err := through.Through(httptest.NewRequest(http.MethodGet, address, nil))
		if err != nil || (at != nil) != want {
			t.Errorf("%s goes by the proxy: %t, want %t (%v)", address, at != nil, want, err)
		}
	}
	policy.Allow = nil
	if _, err := policy.Client(egress.Options{}).Get("http://www.example.net/"); !errors.Is(err, egress.ErrPrivate) {
		t.Errorf("a proxy in a private network: %v, want %v", err, egress.ErrPrivate)
	}
	for _, odd := range []string{"proxy.example.com", ":3128", "user@host:80", "a b:80"} {
		if _, err := egress.ReadProxy(odd, "", "", ""); err == nil {
			t.Errorf("%q is taken for the address of a proxy", odd)
		}
	}
	none, err := egress.ReadProxy(" ", "", "", "")
	if at, _ := none.Through(httptest.NewRequest(http.MethodGet, "http://www.example.net/", nil)); err != nil || at != nil {
		t.Errorf("no proxy: %v (%v)", at, err)
	}
}
