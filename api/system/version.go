package system

import (
	"net/http"

	"postroom/api/rest"
)

// showVersion tells which version of the API we speak; clients look at the first number.
func (s *Room) showVersion(w http.ResponseWriter, r *http.Request) error {
	return rest.Reply(w, r, rest.Record{{"version", s.version}})
}
