// Package directory answers requests about directories whose people become users: which there are,
// what is in them, and how reading them goes.
package directory

import (
	"errors"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/directorysync"
)

// Room answers requests about directories.
type Room struct {
	*rest.House
	service *directorysync.Service
}

// New returns a Room of a house.
func New(house *rest.House, service *directorysync.Service) *Room {
	return &Room{House: house, service: service}
}

// outcome tells what became of a question to a directory. That it failed is an answer, too: whoever
// asked can do something about it.
func outcome(w http.ResponseWriter, r *http.Request, more rest.Record, err error) error {
	if errors.Is(err, desk.ErrUnavailable) || r.Context().Err() != nil {
		return err
	}
	if err != nil {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "failed"}, {"message", desk.Plain(err.Error())}})
	}
	return rest.WriteJSON(w, http.StatusOK, append(rest.Record{{"result", "ok"}}, more...))
}
