// Package whatsapptest plays Meta's Graph API in tests, in the forms that it documents.
package whatsapptest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"postroom/channels/whatsapp"
)

// The one business that there is, and its number.
const (
	Business = "102290129340398"
	Token    = "whatsapp access token"
	Secret   = "whatsapp app secret"
	NumberID = "106540352242922"
)

// Sent is what was given to the API.
type Sent struct {
	Path     string
	Message  map[string]any // of a message
	Filename string         // of a file
	Type     string
	Data     string
}

// Server is the Graph API.
type Server struct {
	URL   string
	mu    sync.Mutex
	sent  []Sent
	fail  []Failure
	files map[string][]byte
}

// Failure is an answer in place of the right one; the zero one is no failure.
type Failure struct {
	Status int
	Code   int // of the Graph API
	Text   string
}

// New starts a Graph API.
func New(t testing.TB) *Server {
	s := &Server{files: map[string][]byte{}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Client returns a client of the API.
func (s *Server) Client() *whatsapp.Client {
	return &whatsapp.Client{HTTP: http.DefaultClient, API: s.URL}
}

// Fail makes the API answer the next requests with these failures.
func (s *Server) Fail(failures ...Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = append(s.fail, failures...)
}

// HasFile makes the API know a file.
func (s *Server) HasFile(id string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id] = data
}

// Sent are the messages and files so far.
func (s *Server) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Sent(nil), s.sent...)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	var failure Failure
	switch {
	case r.Header.Get("Authorization") != "Bearer "+Token:
		refuse(w, Failure{http.StatusUnauthorized, 190, "Invalid OAuth access token - Cannot parse access token"})
	case s.failing(&failure):
		if r.Method == http.MethodPost {
			s.sent = append(s.sent, Sent{Path: "refused"})
		}
		refuse(w, failure)
	case r.Method == http.MethodGet && r.URL.Path == "/"+Business+"/phone_numbers":
		_, _ = io.WriteString(w, `{"data": [{"verified_name": "Desk", "display_phone_number": "+1 555-025-3483", "id": "`+NumberID+`"}]}`)
	case r.Method == http.MethodPost && r.URL.Path == "/"+NumberID+"/messages":
		s.message(w, r)
	case r.Method == http.MethodPost && r.URL.Path == "/"+NumberID+"/media":
		s.upload(w, r)
	case r.Method == http.MethodGet:
		s.media(w, r)
	default:
		refuse(w, Failure{http.StatusBadRequest, 100, "Unsupported request"})
	}
}

// failing reports whether a request is to fail, and how.
func (s *Server) failing(how *Failure) bool {
	if len(s.fail) == 0 {
		return false
	}
	*how, s.fail = s.fail[0], s.fail[1:]
	return *how != Failure{}
}

func refuse(w http.ResponseWriter, f Failure) {
	if f.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(f.Status)
	fmt.Fprintf(w, `{"error": {"message": "(#%d) %s", "type": "OAuthException", "code": %d, "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}}`, f.Code, f.Text, f.Code)
}

func (s *Server) message(w http.ResponseWriter, r *http.Request) {
	sent := Sent{Path: "messages"}
	if err := json.NewDecoder(r.Body).Decode(&sent.Message); err != nil {
		refuse(w, Failure{http.StatusBadRequest, 100, "Invalid parameter"})
		return
	}
	s.sent = append(s.sent, sent)
	to := sent.Message["to"]
	fmt.Fprintf(w, `{"messaging_product": "whatsapp", "contacts": [{"input": %q, "wa_id": %q}], "messages": [{"id": "wamid.out%d"}]}`, to, to, len(s.sent))
}

func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	file, header, err := r.FormFile("file")
	if err != nil || r.FormValue("messaging_product") != "whatsapp" {
		refuse(w, Failure{http.StatusBadRequest, 100, "Invalid parameter"})
		return
	}
	data, _ := io.ReadAll(file)
	s.sent = append(s.sent, Sent{Path: "media", Filename: header.Filename, Type: r.FormValue("type"), Data: string(data)})
	fmt.Fprintf(w, `{"id": "media%d"}`, len(s.sent))
}

// media tells where a file lies, or gives it.
func (s *Server) media(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/")
	if data, there := s.files[strings.TrimPrefix(id, "download/")]; there && strings.HasPrefix(id, "download/") {
		_, _ = w.Write(data)
		return
	}
	data, there := s.files[id]
	if !there {
		refuse(w, Failure{http.StatusBadRequest, 100, "Unsupported get request. Object with ID '" + id + "' does not exist"})
		return
	}
	fmt.Fprintf(w, `{"messaging_product": "whatsapp", "url": "%s/download/%s", "mime_type": "image/jpeg", "sha256": "x", "file_size": %d, "id": %q}`, s.URL, id, len(data), id)
}
