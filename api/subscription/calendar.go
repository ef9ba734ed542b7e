package subscription

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/ical"
)

const mediaType = "text/calendar"

// What a calendar can be about, and the parts of it, as addresses name them.
const (
	objectTickets = "tickets"
	partAll       = "all"
	partNewOpen   = "new_open"
	partPending   = "pending"
	partEscalated = "escalation"
)

// send answers with a calendar of what the caller wants to have in it: all there is, or a part.
func (s *Room) send(w http.ResponseWriter, r *http.Request) error {
	object, part := r.PathValue("object"), r.PathValue("method")
	if part == "" {
		part = partAll
	}
	if !strings.Contains(" "+strings.Join([]string{partAll, partNewOpen, partPending, partEscalated}, " ")+" ", " "+part+" ") {
		return rest.Invalid("method", "Unknown method %s of calendar subscriptions", rest.Literal(part))
	}
	var events []ical.Event
	if object == "" || object == objectTickets {
		catalog, err := s.Catalog(r)
		if err != nil {
			return err
		}
		a := agenda{House: s.House, who: rest.Caller(r), catalog: catalog, now: time.Now()}
		if events, err = a.events(r.Context(), part); err != nil {
			return err
		}
	}
	write(w, r, ical.Write("Tickets", events))
	return nil
}

// write sends a calendar to who doesn't have it yet.
func write(w http.ResponseWriter, r *http.Request, file []byte) {
	sum := sha256.Sum256(file)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, max-age=0, must-revalidate")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", mediaType+"; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="tickets.ics"`)
	h.Set("Content-Length", strconv.Itoa(len(file)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(file) // who doesn't wait for it doesn't want it
}
