package signin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// Admit finds out who makes a request and whether they may make it. It returns the request with its
// caller, also beside an error.
func (s *Room) Admit(w http.ResponseWriter, r *http.Request, a rest.Access) (*http.Request, error) {
	if a.Public && a.Unguarded && !a.Optional || a.Instead != nil && a.Instead(r) {
		return r, nil
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return r, err
	}
	var v visit
	if a.Public && !a.Optional {
		err = errNobody
	} else {
		v, err = s.identify(r, catalog)
	}
	s.welcome(w, r, catalog, v)
	if err != nil && !(a.Public && errors.Is(err, errNobody)) {
		return r, err
	}
	if v.who != nil {
		r = rest.WithSession(rest.WithCaller(r, v.who), v.session)
		if err := rest.Permitted(v.who, a.AnyOf); err != nil {
			return r, err
		}
	}
	if err := s.guard(r, catalog, v, a); err != nil {
		return r, err
	}
	s.noteDevice(r, v)
	return r, nil
}

// welcome gives a browser without a badge one, and tells its page the CSRF token. Programs that send
// their credentials along need neither; pages of any origin may read what they are told.
func (s *Room) welcome(w http.ResponseWriter, r *http.Request, c *desk.Catalog, v visit) {
	if r.Header.Get("Authorization") != "" && v.session == nil {
		rest.AllowOtherOrigins(w.Header())
		return
	}
	b := s.badges(c)
	if badge := b.shown(r); badge != "" {
		b.prove(w, badge, s.now())
		return
	}
	b.hand(w, false, s.now())
}

// guard refuses what a page of somebody else might have made a browser send: whatever changes
// something and comes without the CSRF token, unless credentials came along that no browser adds.
func (s *Room) guard(r *http.Request, c *desk.Catalog, v visit, a rest.Access) error {
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead
	if safe || a.Unguarded || v.session == nil && r.Header.Get("Authorization") != "" {
		return nil
	}
	b := s.badges(c)
	token := r.Header.Get("X-CSRF-Token")
	if token == "" {
		token = tokenSent(r)
	}
	if !b.proven(b.shown(r), token, v.session != nil, s.now()) {
		return rest.Unauthorized("CSRF token verification failed!")
	}
	return nil
}

// tokenParam is the parameter with the CSRF token of pages that can't set headers.
const tokenParam = "authenticity_token"

// mostPeeked is how much of a body is looked at for the token, in bytes.
const mostPeeked = 1 << 20

// tokenSent looks for the CSRF token among the parameters and leaves the body to be read again.
func tokenSent(r *http.Request) string {
	if token := r.URL.Query().Get(tokenParam); token != "" || r.Body == nil {
		return token
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		return ""
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, mostPeeked))
	unread := r.Body
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), failed{err}, unread), unread}
	if kind == "application/x-www-form-urlencoded" {
		form, _ := url.ParseQuery(string(body)) // what can't be read is refused by who reads all of it
		return form.Get(tokenParam)
	}
	var sent struct {
		Token string `json:"authenticity_token"`
	}
	_ = json.Unmarshal(body, &sent)
	return sent.Token
}

// failed is a reader that ends with what went wrong, if anything did.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
