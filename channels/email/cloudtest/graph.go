package cloudtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Graph is Microsoft's REST interface for mail, in front of mailboxes in memory.
type Graph struct {
	URL string // with the version, as clients have it

	provider *Provider // knows whose a token is
	server   *httptest.Server

	mu       sync.Mutex
	boxes    map[string]*cloudBox
	pageSize int
	last     int
	busy     []busy // answers of the next requests
	broken   map[string]int
	venom    []byte
	cuts     []int
	requests []string
	drafts   map[string]*draft
}

type busy struct {
	status int
	after  string // Retry-After
}

// cloudBox is a mailbox.
type cloudBox struct {
	owners  []string // who may open it, beside its own
	folders []*cloudFolder
	sent    [][]byte
	files   []SentFile
}

type cloudFolder struct {
	id, name, parent string
	messages         []*cloudMessage
}

type cloudMessage struct {
	id   string
	raw  []byte
	read bool
	gone bool // between the list and a request for it
}

// StartGraph returns an interface that takes the tokens of a provider.
func StartGraph(t testing.TB, provider *Provider) *Graph {
	t.Helper()
	g := &Graph{provider: provider, boxes: map[string]*cloudBox{}, pageSize: 1000, broken: map[string]int{}, drafts: map[string]*draft{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1.0/users/{box}/mailFolders", g.in(g.listFolders))
	mux.HandleFunc("GET /v1.0/users/{box}/mailFolders/{folder}", g.in(g.showFolder))
	mux.HandleFunc("GET /v1.0/users/{box}/mailFolders/{folder}/childFolders", g.in(g.listFolders))
	mux.HandleFunc("GET /v1.0/users/{box}/mailFolders/{folder}/messages", g.in(g.listMessages))
	mux.HandleFunc("GET /v1.0/users/{box}/messages/{id}/$value", g.in(g.showRaw))
	mux.HandleFunc("PATCH /v1.0/users/{box}/messages/{id}", g.in(g.change))
	mux.HandleFunc("DELETE /v1.0/users/{box}/messages/{id}", g.in(g.remove))
	mux.HandleFunc("POST /v1.0/users/{box}/sendMail", g.in(g.sendMail))
	g.routeDrafts(mux)
	g.server = httptest.NewServer(mux)
	t.Cleanup(g.server.Close)
	g.URL = g.server.URL + "/v1.0"
	return g
}

// AddBox makes a mailbox, which others may open beside whose it is.
func (g *Graph) AddBox(address string, others ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.boxes[address] = &cloudBox{owners: append(others, address), folders: []*cloudFolder{
		{id: "inbox-" + address, name: "Posteingang"}, {id: "junk-" + address, name: "Junk"},
	}}
}

// AddFolder makes a folder in another one, or in none, and returns its id.
func (g *Graph) AddFolder(address, name, parent string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	id := "folder/" + name + "+=" // ids may hold what has to be escaped
	g.boxes[address].folders = append(g.boxes[address].folders, &cloudFolder{id: id, name: name, parent: parent})
	return id
}

// Deliver puts a message into a folder; empty: the inbox.
func (g *Graph) Deliver(address, folder string, raw []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last++
	f := g.boxes[address].folder(folder)
	f.messages = append(f.messages, &cloudMessage{id: fmt.Sprintf("AAkALg/%06d+A==", g.last), raw: raw})
}

// Left counts the messages of an inbox, and those of them that nobody has read.
func (g *Graph) Left(address string) (all, unread int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, message := range g.boxes[address].folder("").messages {
		if all++; !message.read {
			unread++
		}
	}
	return all, unread
}

// Sent are the messages that went out of a mailbox, as they came.
func (g *Graph) Sent(address string) [][]byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.boxes[address].sent)
}

// Pages says how many messages a page of a list has.
func (g *Graph) Pages(size int) { g.set(func() { g.pageSize = size }) }

// Busy has the next requests, one a status, answered with it, and with how long to wait. 0 lets one pass.
func (g *Graph) Busy(after string, statuses ...int) {
	g.set(func() {
		for _, status := range statuses {
			g.busy = append(g.busy, busy{status, after})
		}
	})
}

// Break has requests about the messages whose text contains this answered with a status.
func (g *Graph) Break(text string, status int) { g.set(func() { g.broken[text] = status }) }

// Poison has answers that contain this text broken off.
func (g *Graph) Poison(text string) { g.set(func() { g.venom = []byte(text) }) }

// CutAfter has the contents of the next messages broken off after so many bytes.
func (g *Graph) CutAfter(bytes ...int) { g.set(func() { g.cuts = bytes }) }

// Requests are what was asked, method and path.
func (g *Graph) Requests() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

func (g *Graph) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

func (b *cloudBox) folder(id string) *cloudFolder {
	if id == "" || id == "inbox" {
		return b.folders[0]
	}
	for _, folder := range b.folders {
		if folder.id == id {
			return folder
		}
	}
	return nil
}

func (b *cloudBox) message(id string) (*cloudFolder, *cloudMessage) {
	for _, folder := range b.folders {
		for _, message := range folder.messages {
			if message.id == id {
				return folder, message
			}
		}
	}
	return nil, nil
}

func fault(w http.ResponseWriter, status int, code, message string) {
	answer(w, status, map[string]any{"error": map[string]any{"code": code, "message": message, "innerError": map[string]any{}}})
}

// in finds the mailbox that a request is about, if who asks may open it.
func (g *Graph) in(handle func(http.ResponseWriter, *http.Request, *cloudBox)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.requests = append(g.requests, r.Method+" "+r.URL.Path)
		owner := g.provider.Owner(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if owner == "" {
			fault(w, http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
			return
		}
		if len(g.busy) > 0 {
			now := g.busy[0]
			g.busy = g.busy[1:]
			if now.after != "" {
				w.Header().Set("Retry-After", now.after)
			}
			if now.status != 0 {
				fault(w, now.status, "TooManyRequests", "Application is over its MailboxConcurrency limit.")
				return
			}
		}
		if r.Header.Get("Prefer") != `IdType="ImmutableId"` {
			fault(w, http.StatusBadRequest, "ErrorTest", "Ids have to be immutable.")
			return
		}
		box := g.boxes[r.PathValue("box")]
		if box == nil {
			fault(w, http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
			return
		}
		if !slices.Contains(box.owners, owner) {
			fault(w, http.StatusForbidden, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
			return
		}
		handle(w, r, box)
	}
}

func (g *Graph) listFolders(w http.ResponseWriter, r *http.Request, box *cloudBox) {
	folders := []map[string]any{}
	for _, folder := range box.folders {
		if folder.parent != r.PathValue("folder") {
			continue
		}
		children := 0
		for _, other := range box.folders {
			if other.parent == folder.id {
				children++
			}
		}
		folders = append(folders, map[string]any{"id": folder.id, "displayName": folder.name, "childFolderCount": children})
	}
	answer(w, http.StatusOK, map[string]any{"value": folders})
}

func (g *Graph) showFolder(w http.ResponseWriter, r *http.Request, box *cloudBox) {
	folder := box.folder(r.PathValue("folder"))
	if folder == nil {
		fault(w, http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
		return
	}
	answer(w, http.StatusOK, map[string]any{"id": folder.id, "totalItemCount": len(folder.messages)})
}

func (g *Graph) listMessages(w http.ResponseWriter, r *http.Request, box *cloudBox) {
	folder, q := box.folder(r.PathValue("folder")), r.URL.Query()
	if folder == nil {
		fault(w, http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
		return
	}
	unread := strings.Contains(q.Get("$filter"), "isRead eq false")
	if q.Get("$orderby") != "receivedDateTime asc" || unread && !strings.HasPrefix(q.Get("$filter"), "receivedDateTime ge ") {
		fault(w, http.StatusBadRequest, "InefficientFilter", "The restriction or sort order is too complex for this operation.")
		return
	}
	var all []map[string]any
	for _, message := range folder.messages {
		if unread && message.read {
			continue
		}
		all = append(all, map[string]any{"id": message.id, "@odata.etag": "W/\"x\"", "singleValueExtendedProperties": []map[string]any{
			{"id": "Long 0xe08", "value": strconv.Itoa(len(message.raw))},
		}})
	}
	skip, _ := strconv.Atoi(q.Get("$skip"))
	top, _ := strconv.Atoi(q.Get("$top"))
	top = min(top, g.pageSize)
	page := map[string]any{"value": all[min(skip, len(all)):min(skip+top, len(all))]}
	if skip+top < len(all) {
		next := url.URL{Path: r.URL.EscapedPath()}
		q.Set("$skip", strconv.Itoa(skip+top))
		page["@odata.nextLink"] = g.server.URL + next.Path + "?" + q.Encode()
	}
	answer(w, http.StatusOK, page)
}

// found returns the message that a request is about, unless it is one that makes trouble.
func (g *Graph) found(w http.ResponseWriter, r *http.Request, box *cloudBox) (*cloudFolder, *cloudMessage) {
	folder, message := box.message(r.PathValue("id"))
	if message == nil || message.gone {
		fault(w, http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
		return nil, nil
	}
	for text, status := range g.broken {
		if bytes.Contains(message.raw, []byte(text)) {
			fault(w, status, "ErrorMimeContentConversionFailed", "The MIME content can't be made.")
			return nil, nil
		}
	}
	return folder, message
}

func (g *Graph) showRaw(w http.ResponseWriter, r *http.Request, box *cloudBox) {
	_, message := g.found(w, r, box)
	if message == nil {
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(len(message.raw)))
	part := message.raw
	if len(g.venom) > 0 && bytes.Contains(message.raw, g.venom) {
		part = part[:len(part)/2]
	}
	if len(g.cuts) > 0 {
		part, g.cuts = part[:min(g.cuts[0], len(part))], g.cuts[1:]
	}
	_, _ = w.Write(part)
}

func (g *Graph) change(w http.ResponseWriter, r *http.Request, box *cloudBox) {
	_, message := g.found(w, r, box)
	if message == nil {
		return
	}
	var change struct {
		IsRead bool `json:"isRead"`
	}
	if err := json.NewDecoder(r.Body).Decode(&change); err != nil || r.Header.Get("Content-Type") != "application/json" {
		fault(w, http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload.")
		return
	}
	message.read = change.IsRead
	answer(w, http.StatusOK, map[string]any{"id": message.id})
}

func (g *Graph) remove(w http.ResponseWriter, r *http.Request, box *cloudBox) {
	if id := r.PathValue("id"); g.drafts[id] != nil {
		delete(g.drafts, id)
		w.WriteHeader(http.StatusNoContent)
		return
	}
	folder, message := g.found(w, r, box)
	if message == nil {
		return
	}
	folder.messages = slices.DeleteFunc(folder.messages, func(m *cloudMessage) bool { return m == message })
	w.WriteHeader(http.StatusNoContent)
}

func (g *Graph) sendMail(w http.ResponseWriter, r *http.Request, box *cloudBox) {
	const most = 4 << 20 // bytes of a request
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil {
		return
	}
	if len(body) > most {
		fault(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The maximum request length supported is 4 MB.")
		return
	}
	raw, err := base64.StdEncoding.DecodeString(string(body))
	if err != nil || r.Header.Get("Content-Type") != "text/plain" {
		fault(w, http.StatusBadRequest, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
		return
	}
	box.sent = append(box.sent, raw)
	w.WriteHeader(http.StatusAccepted)
}
