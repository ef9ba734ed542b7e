package system

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/egress"
)

// proxyTarget is what is asked for through a proxy that is tried: a page made for examples.
const proxyTarget = "http://www.example.com/"

const proxyWithin = 10 * time.Second

// tryProxy makes a request through the proxy that an administrator is about to enter. Whether it
// works is told with status 200.
func (s *Room) tryProxy(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	password := in.Params.Text("proxy_password")
	if password == rest.SecretMask {
		password = in.Catalog.Settings.String("proxy_password")
	}
	proxy, err := proxyAt(in.Params.Text("proxy"), in.Params.Text("proxy_username"), password)
	if err == nil {
		if bypassed(in.Params.Text("proxy_no")) {
			proxy = nil
		}
		err = s.throughProxy(r.Context(), proxy)
	}
	if err != nil {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "failed"}, {"message", err.Error()}})
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "success"}})
}

// proxyAt reads host:port; empty: there is no proxy.
func proxyAt(address, user, password string) (*url.URL, error) {
	address = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(address), "http://"))
	if address == "" {
		return nil, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" || strings.ContainsAny(address, "/@?# ") {
		return nil, fmt.Errorf("invalid proxy address %s: proxy.example.com:3128 would be one", rest.Literal(address))
	}
	proxy := &url.URL{Scheme: "http", Host: address}
	if user != "" {
		proxy.User = url.UserPassword(user, password)
	}
	return proxy, nil
}

// bypassed reports whether the target is among the hosts that need no proxy: names with commas
// between them, *.example.com for all below one.
func bypassed(list string) bool {
	target, _ := url.Parse(proxyTarget) // it is ours
	return slices.ContainsFunc(strings.Split(list, ","), func(host string) bool {
		host = strings.ToLower(strings.TrimSpace(host))
		below, all := strings.CutPrefix(host, "*.")
		return host == target.Hostname() || all && strings.HasSuffix(target.Hostname(), "."+below)
	})
}

// throughProxy returns why the target can't be had.
func (s *Room) throughProxy(ctx context.Context, proxy *url.URL) error {
	client := s.Egress.Client(egress.Options{Timeout: proxyWithin, Redirects: 3, Proxy: proxy})
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, proxyTarget, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err // without the address, which nobody entered
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the proxy answered %s", resp.Status)
	}
	return nil
}
