package apitest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// Browser is what a page does in one: it keeps cookies, and sends the CSRF token along that it was
// told last.
type Browser struct {
	Office *Office
	Client *http.Client
	CSRF   string
}

// Browser opens a browser in which nobody is signed in. Redirections are shown, not followed. The
// installation is one without TLS from now on, or cookies would stay at home.
func (o *Office) Browser() *Browser {
	o.T.Helper()
	o.Setting("http_type", "http")
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.T.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Browser{Office: o, Client: &http.Client{Jar: jar, CheckRedirect: stay}}
}

// Ask sends a request to a path below /api/v1 with headers in pairs. body is JSON, or empty.
func (b *Browser) Ask(method, path, body string, headers ...string) Answer {
	b.Office.T.Helper()
	return b.Send(b.Office.Request(method, "/api/v1"+path, body), headers...)
}

// Submit sends a form to an address.
func (b *Browser) Submit(path string, form url.Values) Answer {
	b.Office.T.Helper()
	req := b.Office.Request(http.MethodPost, path, form.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Send(req)
}

// Send sends a request that is ready, with further headers in pairs.
func (b *Browser) Send(req *http.Request, headers ...string) Answer {
	b.Office.T.Helper()
	if b.CSRF != "" {
		req.Header.Set("X-CSRF-Token", b.CSRF)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answer := b.Office.SendBy(b.Client, req)
	if token := answer.Header.Get("CSRF-TOKEN"); token != "" {
		b.CSRF = token
	}
	return answer
}

// SignIn signs somebody in by password.
func (b *Browser) SignIn(login string) Answer {
	b.Office.T.Helper()
	b.Ask(http.MethodGet, "/signshow", "").Is(http.StatusOK) // as a page does to get the token
	return b.Ask(http.MethodPost, "/signin", `{"username": "`+login+`", "password": "`+Password+`", "fingerprint": "print of `+login+`"}`).
		Is(http.StatusCreated)
}

// Badge is what the session cookie holds.
func (b *Browser) Badge() string {
	b.Office.T.Helper()
	at, err := url.Parse(b.Office.URL)
	if err != nil {
		b.Office.T.Fatal(err)
	}
	for _, cookie := range b.Client.Jar.Cookies(at) {
		if strings.HasPrefix(cookie.Name, "_zammad_session_") {
			return cookie.Value
		}
	}
	return ""
}
