package system

import (
	"encoding/json"
	"net/http"

	"postroom/api/rest"
)

// giveNotifications gives all agents the notifications that new ones get, whatever they had chosen.
func (s *Room) giveNotifications(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	var matrix json.RawMessage
	if !catalog.Settings.Into("ticket_agent_default_notifications", &matrix) {
		matrix = json.RawMessage("{}")
	}
	if err := s.Store.SetAgentsPreference(r.Context(), "notification_config", map[string]any{"matrix": matrix}); err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"message", "ok"}})
}
