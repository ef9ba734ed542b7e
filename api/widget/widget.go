// Package widget serves the scripts that other sites put into their pages: the window for chats and the
// web form. They are files of this binary; nothing in them is about one installation.
package widget

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"time"

	"postroom/api/rest"
)

//go:embed assets
var assets embed.FS

// files are what pages ask for. The names beside the first are those that pages know from before.
var files = map[string]string{
	"chat/chat.js":               "chat.js",
	"chat/chat.min.js":           "chat.js",
	"chat/chat-no-jquery.js":     "chat.js",
	"chat/chat-no-jquery.min.js": "chat.js",
	"chat/chat.css":              "chat.css",
	"form/form.js":               "form.js",
	"form/form.css":              "form.css",
}

var media = map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}

// file is a file with what its answer says about it.
type file struct {
	data       []byte
	kind, etag string
}

// Room answers pages.
type Room struct {
	*rest.House
	files map[string]file
}

// New returns a Room of a house.
func New(house *rest.House) *Room {
	s := &Room{House: house, files: map[string]file{}}
	for name, source := range files {
		data, err := assets.ReadFile("assets/" + source)
		if err != nil {
			panic(fmt.Sprintf("%s is not in the binary: %v", source, err)) // the build is broken
		}
		sum := sha256.Sum256(data)
		s.files[name] = file{data, media[path.Ext(source)], `"` + hex.EncodeToString(sum[:16]) + `"`}
	}
	return s
}

// Routes are the addresses of the room.
func (s *Room) Routes(t *rest.Table) {
	for _, family := range []string{"chat", "form"} {
		// Caches keep these answers for everybody: they must not give anybody a session.
		t.Handle("GET /assets/"+family+"/{file}", rest.Webhook, s.serve(family)).GivesFile("text/javascript")
	}
}

// freshFor is how long browsers use a script without asking whether there is a newer one.
const freshFor = "public, max-age=3600"

func (s *Room) serve(family string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, known := s.files[family+"/"+r.PathValue("file")]
		if !known {
			return &rest.AnswerError{Status: http.StatusNotFound, Text: "There is no such file."}
		}
		rest.AllowOtherOrigins(w.Header())
		w.Header().Set("Content-Type", f.kind)
		w.Header().Set("Cache-Control", freshFor)
		w.Header().Set("ETag", f.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
		return nil
	}
}
