package cloudtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
)

// SentFile is a file that was added to a draft before it was sent.
type SentFile struct {
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	ContentID   string `json:"contentId"`
	Inline      bool   `json:"isInline"`
	Data        []byte `json:"contentBytes"`
	Size        int    `json:"size"`
}

// draft is a message that is not sent yet.
type draft struct {
	raw   []byte
	files []*SentFile
}

const (
	mostOfRequest = 4 << 20    // bytes
	leastInPieces = 3 << 20    // bytes of a file
	pieceUnit     = 320 * 1024 // bytes
)

func (g *Graph) routeDrafts(mux *http.ServeMux) {
	mux.HandleFunc("POST /v1.0/users/{box}/messages", g.in(g.makeDraft))
	mux.HandleFunc("POST /v1.0/users/{box}/messages/{id}/attachments", g.in(g.attach))
	mux.HandleFunc("POST /v1.0/users/{box}/messages/{id}/attachments/createUploadSession", g.in(g.startUpload))
	mux.HandleFunc("POST /v1.0/users/{box}/messages/{id}/send", g.in(g.sendDraft))
	mux.HandleFunc("PUT /upload/{file}", g.takePiece)
}

// SentFiles are the files that went out of a mailbox beside the messages that Sent returns.
func (g *Graph) SentFiles(address string) []SentFile {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.boxes[address].files)
}

// Drafts counts the messages that were begun and not sent.
func (g *Graph) Drafts() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.drafts)
}

func small(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, mostOfRequest+1))
	if err == nil && len(body) > mostOfRequest {
		fault(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The maximum request length supported is 4 MB.")
	}
	return body, err == nil && len(body) <= mostOfRequest
}

func (g *Graph) makeDraft(w http.ResponseWriter, r *http.Request, _ *cloudBox) {
	body, ok := small(w, r)
	if !ok {
		return
	}
	raw, err := base64.StdEncoding.DecodeString(string(body))
	if err != nil || r.Header.Get("Content-Type") != "text/plain" {
		fault(w, http.StatusBadRequest, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
		return
	}
	g.last++
	id := fmt.Sprintf("AAdraft/%06d+A==", g.last)
	g.drafts[id] = &draft{raw: raw}
	answer(w, http.StatusCreated, map[string]any{"id": id, "isDraft": true})
}

// fileOf reads what a request says about a file of a draft.
func (g *Graph) fileOf(w http.ResponseWriter, r *http.Request, into any) *draft {
	d := g.drafts[r.PathValue("id")]
	body, ok := small(w, r)
	if !ok {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil || d == nil {
		fault(w, http.StatusBadRequest, "BadRequest", "Unable to read JSON request payload, or no such message.")
		return nil
	}
	return d
}

func (g *Graph) attach(w http.ResponseWriter, r *http.Request, _ *cloudBox) {
	file := &SentFile{}
	if d := g.fileOf(w, r, file); d != nil {
		d.files = append(d.files, file)
		answer(w, http.StatusCreated, map[string]any{"name": file.Name})
	}
}

func (g *Graph) startUpload(w http.ResponseWriter, r *http.Request, _ *cloudBox) {
	var wanted struct{ AttachmentItem SentFile }
	d := g.fileOf(w, r, &wanted)
	if d == nil {
		return
	}
	if wanted.AttachmentItem.Size < leastInPieces {
		fault(w, http.StatusBadRequest, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "Attachment size must be greater than the minimum size.")
		return
	}
	file := &wanted.AttachmentItem
	d.files = append(d.files, file)
	answer(w, http.StatusCreated, map[string]any{"uploadUrl": fmt.Sprintf("%s/upload/%s?authtoken=x", g.server.URL, file.Name)})
}

// takePiece takes a piece of a file: in its order, of a size that is a multiple of 320 KiB but for the last.
func (g *Graph) takePiece(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, r.Method+" "+r.URL.Path)
	data, ok := small(w, r)
	if !ok {
		return
	}
	if len(g.busy) > 0 {
		now := g.busy[0]
		g.busy = g.busy[1:]
		w.Header().Set("Retry-After", now.after)
		fault(w, now.status, "TooManyRequests", "Too many requests.")
		return
	}
	for _, d := range g.drafts {
		for _, file := range d.files {
			if file.Name != r.PathValue("file") {
				continue
			}
			start := len(file.Data)
			end := start + len(data)
			want := fmt.Sprintf("bytes %d-%d/%d", start, end-1, file.Size)
			if r.Header.Get("Content-Range") != want || r.Header.Get("Authorization") != "" || end < file.Size && len(data)%pieceUnit != 0 {
				fault(w, http.StatusBadRequest, "InvalidContentRange", "Wrong range, or a token where none is wanted: want "+want)
				return
			}
			file.Data = append(file.Data, data...)
			answer(w, http.StatusOK, map[string]any{"nextExpectedRanges": []string{strconv.Itoa(end) + "-"}})
			return
		}
	}
	fault(w, http.StatusNotFound, "ErrorItemNotFound", "The upload session was not found.")
}

func (g *Graph) sendDraft(w http.ResponseWriter, r *http.Request, box *cloudBox) {
	id := r.PathValue("id")
	d := g.drafts[id]
	if d == nil {
		fault(w, http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
		return
	}
	box.sent = append(box.sent, d.raw)
	for _, file := range d.files {
		box.files = append(box.files, *file)
	}
	delete(g.drafts, id)
	w.WriteHeader(http.StatusAccepted)
}
