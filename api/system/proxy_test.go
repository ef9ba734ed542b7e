package system_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/internal/egress"
)

func TestProxyIsTried(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	status := http.StatusOK
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "www.example.com" || r.Header.Get("Proxy-Authorization") != apitest.Basic("me", "secret") {
			t.Errorf("the proxy was asked for %s by %q", r.URL, r.Header.Get("Proxy-Authorization"))
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(proxy.Close)
	address := strings.TrimPrefix(proxy.URL, "http://")
	body := fmt.Sprintf(`{"proxy":%q,"proxy_username":"me","proxy_password":"secret","proxy_no":"localhost,127.0.0.0"}`, address)
	o.Post("chris", "/proxy", body).Is(200).Same(t, `{"result":"success"}`)
	o.Setting("proxy_password", "secret")
	o.Post("chris", "/proxy", strings.Replace(body, "secret", "**********", 1)).Is(200).Same(t, `{"result":"success"}`)
	status = http.StatusProxyAuthRequired
	failed := o.Post("chris", "/proxy", body).Is(200).Object()
	if failed["result"] != "failed" || !strings.Contains(fmt.Sprint(failed["message"]), "407") {
		t.Errorf("a proxy that refuses: %v", failed)
	}
	for _, odd := range []string{"proxy.example.com", ":3128", "user@host:80", "a b:80"} {
		failed := o.Post("chris", "/proxy", fmt.Sprintf(`{"proxy":%q}`, odd)).Is(200).Object()
		if failed["result"] != "failed" || !strings.Contains(fmt.Sprint(failed["message"]), "invalid proxy address") {
			t.Errorf("proxy %q: %v", odd, failed)
		}
	}
}

func TestProxyOfAPrivateNetworkIsNotTried(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t, func(n *api.Needs) { n.Egress = egress.Policy{} })
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the request arrived") }))
	t.Cleanup(inside.Close)
	failed := o.Post("chris", "/proxy", fmt.Sprintf(`{"proxy":%q}`, strings.TrimPrefix(inside.URL, "http://"))).Is(200).Object()
	if failed["result"] != "failed" || !strings.Contains(fmt.Sprint(failed["message"]), "private network") {
		t.Errorf("a private proxy: %v", failed)
	}
}

func TestLogoIsSent(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const path = "/api/v1/system_assets/product_logo/1700000000"
	shipped := o.Send(o.Request("GET", path, "")).Is(200)
	if kind := shipped.Header.Get("Content-Type"); kind != "image/svg+xml" || !strings.HasPrefix(string(shipped.Body), "<svg") {
		t.Errorf("the shipped logo: %s %.40s", kind, shipped.Body)
	}
	o.Setting("product_logo", "data:image/png;base64,"+apitest.Encoded("picture"))
	own := o.Send(o.Request("GET", path, "")).Is(200)
	if kind := own.Header.Get("Content-Type"); kind != "image/png" || string(own.Body) != "picture" {
		t.Errorf("the own logo: %s %.40s", kind, own.Body)
	}
	again := o.Request("GET", path, "")
	again.Header.Set("If-None-Match", own.Header.Get("ETag"))
	if o.Send(again).Is(304); own.Header.Get("Cache-Control") != "public, max-age=31536000" || own.Header.Get("Set-Cookie") != "" {
		t.Errorf("headers: %v", own.Header)
	}
	o.Send(o.Request("GET", "/api/v1/system_assets/other/1", "")).Is(404)
}
