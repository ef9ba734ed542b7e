package system

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/store"
)

var (
	baseBody   = rest.Record{{"url", ""}, {"organization", ""}, {"locale_default", ""}, {"timezone_default", ""}}
	baseSample = rest.Record{{"result", ""}, {"messages", map[string]string{}}, {"settings", rest.Record{}}}
)

// setBase takes what an administrator is asked for first: the address, whose helpdesk it is, its
// language and time zone. What was not sent stays.
func (s *Room) setBase(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	p, messages := in.Params, map[string]string{}
	settings := rest.Record{}
	if !in.Catalog.Settings.Bool("system_online_service") {
		address, err := url.Parse(p.Text("url"))
		if err != nil || address.Hostname() == "" || address.Scheme != "http" && address.Scheme != "https" {
			messages["url"] = "A URL looks like this: https://helpdesk.example.com"
		} else {
			settings.Add("fqdn", address.Host)
			settings.Add("http_type", address.Scheme)
		}
	}
	if organization := strings.TrimSpace(p.Text("organization")); organization == "" {
		messages["organization"] = "Invalid organization!"
	} else {
		settings.Add("organization", rest.Cut(organization, rest.MaxName))
	}
	if !p.Blank("locale_default") {
		settings.Add("locale_default", rest.Cut(p.Text("locale_default"), rest.MaxName))
	}
	if zone := p.Text("timezone_default"); zone != "" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			messages["timezone_default"] = "Invalid time zone!"
		}
		settings.Add("timezone_default", zone)
	}
	if len(messages) > 0 {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "invalid"}, {"messages", messages}})
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		for _, setting := range settings {
			if err := tx.PutSettingValue(r.Context(), setting.Key, setting.Value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.Store.ForgetCatalog()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}, {"settings", settings}})
}
