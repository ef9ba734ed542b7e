package system

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
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
	proxy, err := egress.ReadProxy(in.Params.Text("proxy"), in.Params.Text("proxy_username"), password, in.Params.Text("proxy_no"))
	if err == nil {
		err = s.throughProxy(r.Context(), proxy)
	}
	if err != nil {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "failed"}, {"message", err.Error()}})
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "success"}})
}

// throughProxy returns why the target can't be had.
func (s *Room) throughProxy(ctx context.Context, proxy egress.Proxy) error {
	client := s.Egress.Client(egress.Options{Timeout: proxyWithin, Redirects: 3, Through: proxy.Through})
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
