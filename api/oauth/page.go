package oauth

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"

	"postroom/api/rest"
	"postroom/internal/desk/identity"
)

//go:embed pages.html
var pages string

var templates = template.Must(template.New("pages").Parse(pages))

// Names of the pages in pages.html.
const (
	signInPage  = "sign in"
	consentPage = "consent"
	codePage    = "code"
	errorPage   = "error"
)

// page is what a page shows of all there is.
type page struct {
	Token       string  // the CSRF token
	Application string  // that asks
	Where       string  // it is told the answer
	User        string  // who is asked, or tried to sign in
	Params      []param // of the question, to be sent along with the answer
	Next        string  // where to go after signing in
	Code        string
	Text        string // what went wrong
}

type param struct{ Name, Value string }

// asked are the parameters of a question.
func asked(p rest.Params) []param {
	var all []param
	for _, name := range []string{"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"} {
		if text := p.Text(name); text != "" {
			all = append(all, param{name, text})
		}
	}
	return all
}

// where is what people should look at of an address before they trust it.
func where(address string) string {
	u, err := url.Parse(address)
	if err != nil || address == identity.ShowCode {
		return ""
	}
	if u.Host == "" {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

// showPage answers with a page that nobody may frame, keep or extend.
func showPage(w http.ResponseWriter, status int, name string, shown page) error {
	shown.Token = w.Header().Get("CSRF-TOKEN")
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, name, shown); err != nil {
		return err
	}
	noStore(w)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // fails when the browser is gone, and then nobody can be told
	return nil
}

// noStore keeps codes out of caches and out of the addresses that others are told.
func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}
