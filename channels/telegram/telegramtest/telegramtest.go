// Package telegramtest is Telegram for tests: a server that speaks the Bot API's wire format.
package telegramtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Token is that of the one bot there is.
const (
	Token    = "123456:AAbbCC-good"
	BotID    = 123456
	Username = "desk_bot"
)

// Call is a request as it arrived.
type Call struct {
	Method string
	Params map[string]string
	File   string // name of an uploaded file
	Data   string // its bytes
}

// Failure is what a method answers instead; the zero one is no failure.
type Failure struct {
	Status int
	Body   string
	Cut    bool          // the connection ends without an answer
	Until  chan struct{} // the answer waits for this to be closed; alone it is the usual one then
}

// Server is a Telegram.
type Server struct {
	*httptest.Server

	mu       sync.Mutex
	calls    []Call
	failures map[string][]Failure
	files    map[string][]byte
	updates  []json.RawMessage // in the order in which people wrote; for bots that ask
	first    int               // the number of the first of them
	arrived  chan struct{}     // closed when there is a new one
	sent     int
}

// New starts a Telegram that lasts as long as the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{failures: map[string][]Failure{}, files: map[string][]byte{}, first: 1, sent: 500, arrived: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{bot}/{method}", s.answer)
	mux.HandleFunc("GET /file/{bot}/files/{id}", s.serveFile)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// Fail makes the next calls of a method fail, one after the other. The method file is the download of files.
func (s *Server) Fail(method string, failures ...Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[method] = append(s.failures[method], failures...)
}

// Refusal is how the Bot API says no.
func Refusal(status int, description string) Failure {
	return Failure{Status: status, Body: fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q}`, status, description)}
}

// TooMany is how the Bot API asks to wait.
func TooMany(seconds int) Failure {
	return Failure{Status: 429, Body: fmt.Sprintf(
		`{"ok":false,"error_code":429,"description":"Too Many Requests: retry after %d","parameters":{"retry_after":%d}}`, seconds, seconds)}
}

// HasFile makes a file one that bots can fetch.
func (s *Server) HasFile(id string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id] = data
}

// Writes makes an update of a message one that a bot gets when it asks. It is given the next number.
func (s *Server) Writes(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := s.first + len(s.updates)
	s.updates = append(s.updates, json.RawMessage(fmt.Sprintf(`{"update_id":%d,"message":%s}`, number, message)))
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// Left counts the updates that nobody acknowledged.
func (s *Server) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// Calls returns what was asked of a method.
func (s *Server) Calls(method string) (found []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, call := range s.calls {
		if call.Method == method {
			found = append(found, call)
		}
	}
	return found
}

// failing returns how a call is to fail; nil: it is not.
func (s *Server) failing(method string) *Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.failures[method]
	if len(list) == 0 {
		return nil
	}
	s.failures[method] = list[1:]
	if list[0] == (Failure{}) {
		return nil
	}
	return &list[0]
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	call := read(r)
	s.mu.Lock()
	s.calls = append(s.calls, call)
	s.mu.Unlock()
	f := s.failing(call.Method)
	if f != nil && f.Until != nil {
		select {
		case <-f.Until:
		case <-r.Context().Done(): // nobody waits for it any more
		}
	}
	if f != nil && (f.Cut || f.Status != 0) {
		f.write(w)
		return
	}
	if r.PathValue("bot") != "bot"+Token {
		Refusal(http.StatusUnauthorized, "Unauthorized").write(w)
		return
	}
	if call.Method == "getUpdates" {
		s.wait(r, call)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result, err := json.Marshal(s.result(call))
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"ok":true,"result":%s}`, result)
}

func (f Failure) write(w http.ResponseWriter) {
	if f.Cut {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
}

// read takes a request apart, form or multipart.
func read(r *http.Request) Call {
	call := Call{Method: r.PathValue("method"), Params: map[string]string{}}
	_ = r.ParseMultipartForm(64 << 20) // it says so when it is no multipart, and has read the form all the same
	for name := range r.PostForm {
		call.Params[name] = r.PostForm.Get(name)
	}
	if r.MultipartForm == nil {
		return call
	}
	for name, values := range r.MultipartForm.Value {
		call.Params[name] = values[0]
	}
	for _, files := range r.MultipartForm.File {
		call.File = files[0].Filename
		if file, err := files[0].Open(); err == nil {
			data, _ := io.ReadAll(file)
			call.Data = string(data)
			_ = file.Close()
		}
	}
	return call
}

type object = map[string]any

// result is what a method answers.
func (s *Server) result(call Call) any {
	bot := object{"id": BotID, "is_bot": true, "first_name": "Desk", "username": Username}
	switch call.Method {
	case "getMe":
		return bot
	case "getFile":
		id := call.Params["file_id"]
		return object{"file_id": id, "file_unique_id": "u" + id, "file_size": len(s.files[id]), "file_path": "files/" + id}
	case "getUpdates":
		limit, _ := strconv.Atoi(call.Params["limit"])
		return s.updates[:min(len(s.updates), max(limit, 0))]
	case "sendMessage", "sendDocument":
		s.sent++
		chat, _ := strconv.ParseInt(call.Params["chat_id"], 10, 64)
		return object{
			"message_id": s.sent, "date": 1700000000, "from": bot, "text": call.Params["text"],
			"chat": object{"id": chat, "type": "private", "first_name": "Ada", "last_name": "Lovelace", "username": "ada_l"},
		}
	}
	return true
}

// wait forgets the updates before the offset and waits for the next ones, as long as it is asked to.
func (s *Server) wait(r *http.Request, call Call) {
	offset, _ := strconv.Atoi(call.Params["offset"])
	seconds, _ := strconv.Atoi(call.Params["timeout"])
	over := time.After(time.Duration(seconds) * time.Second)
	for {
		s.mu.Lock()
		for offset > s.first && len(s.updates) > 0 {
			s.updates, s.first = s.updates[1:], s.first+1
		}
		there, arrived := len(s.updates), s.arrived
		s.mu.Unlock()
		if there > 0 || seconds == 0 {
			return
		}
		select {
		case <-arrived:
		case <-over:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	if f := s.failing("file"); f != nil {
		f.write(w)
		return
	}
	s.mu.Lock()
	data, there := s.files[r.PathValue("id")]
	s.mu.Unlock()
	if !there || !strings.HasSuffix(r.PathValue("bot"), Token) {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(data)
}
