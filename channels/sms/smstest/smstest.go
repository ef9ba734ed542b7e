// Package smstest plays gateways of text messages in tests, in the forms that they document.
package smstest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"postroom/channels/sms"
)

// Account and Token are those of the account at Twilio.
const (
	Account = "AC0123456789abcdef0123456789abcdef"
	Token   = "twilio token"
)

// Call is a request that a gateway got.
type Call struct {
	Method, Path, Authorization string
	Query, Form                 url.Values
	Body                        string
}

// Server is a gateway.
type Server struct {
	URL    string
	mu     sync.Mutex
	calls  []Call
	fail   []int // statuses of the next answers
	later  map[int]int
	answer string
}

// New starts a gateway that answers as Twilio does.
func New(t testing.TB) *Server {
	s := &Server{}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Client returns a client of the gateway.
func (s *Server) Client() *sms.Client {
	return &sms.Client{HTTP: http.DefaultClient, TwilioAPI: s.URL, MessageBirdAPI: s.URL}
}

// Fail makes the gateway answer the next requests with these statuses.
func (s *Server) Fail(statuses ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = append(s.fail, statuses...)
}

// FailLater makes the gateway answer the request with this number, counted from 0, with a status.
func (s *Server) FailLater(request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.later == nil {
		s.later = map[int]int{}
	}
	s.later[request] = status
}

// Answer makes the gateway answer with this from now on.
func (s *Server) Answer(body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = body
}

// Calls are the requests so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{r.Method, r.URL.Path, r.Header.Get("Authorization"), r.URL.Query(), form, string(body)})
	w.Header().Set("Content-Type", "application/json")
	if status, ok := s.later[len(s.calls)-1]; ok {
		s.fail = []int{status}
	}
	if len(s.fail) > 0 {
		status := s.fail[0]
		s.fail = s.fail[1:]
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code": 20000, "message": "The gateway has trouble", "status": %d}`, status)
		return
	}
	if s.answer != "" {
		_, _ = io.WriteString(w, s.answer)
		return
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid": "SM%032d", "status": "queued", "to": %q}`, len(s.calls), form.Get("To"))
}
