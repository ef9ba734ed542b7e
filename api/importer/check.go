package importer

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/importer"
	"postroom/internal/importer/source"
	"postroom/internal/store"
)

// patience is how long somebody who waits for an answer waits.
const patience = 20 * time.Second

func (s *Room) client() *http.Client {
	return s.Egress.Client(egress.Options{Timeout: patience})
}

// checkAddress finds out whether there is such a helpdesk at an address, and remembers it.
func (s *Room) checkAddress(w http.ResponseWriter, r *http.Request, h importer.Helpdesk) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	address := strings.TrimSpace(p.Text("url"))
	if _, err := source.Address(address); err != nil {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "invalid"}, {"message", "The provided URL is invalid."}, {"message_human", ""}})
	}
	found, err := h.Probe(r.Context(), s.client(), address)
	if err != nil {
		return refuse(w, h, err)
	}
	if err := s.put(r.Context(), found); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}, {"url", address}})
}

func (s *Room) put(ctx context.Context, settings map[string]string) error {
	err := s.Store.InTx(ctx, func(tx *store.Store) error {
		for name, value := range settings {
			if err := tx.PutSettingValue(ctx, name, value); err != nil {
				return err
			}
		}
		return nil
	})
	s.Changed()
	return err
}

// checkCredentials tries credentials. Those that are taken are remembered, others not.
func (s *Room) checkCredentials(w http.ResponseWriter, r *http.Request, h importer.Helpdesk) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	secret := p.Text("token")
	if secret == "" {
		secret = p.Text("password")
	}
	typed := map[string]string{h.Secret: secret}
	if h.User != "" {
		typed[h.User] = strings.TrimSpace(p.Text("username"))
	}
	for _, value := range typed {
		if value == "" {
			return rest.WriteJSON(w, http.StatusOK, invalid("Incomplete credentials", ""))
		}
	}
	c, err := s.Catalog(r)
	if err != nil {
		return err
	}
	helpdesk, err := h.Open(s.client(), c.Settings.String(h.Endpoint), typed[h.User], secret)
	if err == nil {
		err = helpdesk.Check(r.Context())
	}
	if err != nil {
		return refuse(w, h, err)
	}
	if err := s.put(r.Context(), typed); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "ok"}})
}

// inspect looks for what a helpdesk has that can't be taken over.
func (s *Room) inspect(w http.ResponseWriter, r *http.Request, h importer.Helpdesk) error {
	c, err := s.Catalog(r)
	if err != nil {
		return err
	}
	helpdesk, err := importer.Open(h.Name, c.Settings, s.client())
	if err != nil {
		return refuse(w, h, err)
	}
	inspected, ok := helpdesk.(importer.Inspected)
	if !ok {
		return desk.ErrNotFound
	}
	issues, err := inspected.Issues(r.Context())
	if err != nil {
		return refuse(w, h, err)
	}
	result := "ok"
	if len(issues) > 0 {
		result = "failed"
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", result}, {"issues", issues}})
}

func invalid(human, message string) rest.Record {
	return rest.Record{{"result", "invalid"}, {"message", message}, {"message_human", human}}
}

// refuse says why a helpdesk can't be reached or doesn't let us in.
func refuse(w http.ResponseWriter, h importer.Helpdesk, err error) error {
	return rest.WriteJSON(w, http.StatusOK, invalid(human(h, err), desk.Plain(err.Error())))
}

func human(h importer.Helpdesk, err error) string {
	_, refused := errors.AsType[*source.Refused](err)
	_, unknown := errors.AsType[*net.DNSError](err)
	_, unreadable := errors.AsType[*source.Unreadable](err)
	_, busy := errors.AsType[*source.Later](err)
	stranger, isInvalid := errors.AsType[*desk.InvalidError](err)
	switch {
	case isInvalid:
		return stranger.Reason
	case refused:
		return "Invalid credentials!"
	case unknown:
		return "The hostname could not be found."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "There is no route to this host."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "The connection was refused."
	case errors.Is(err, egress.ErrPrivate):
		return "The address is in a private network. Add it to OUTGOING_ALLOW."
	case errors.Is(err, source.ErrAddress):
		return "The provided URL is invalid."
	case busy:
		return h.Title + " limits our requests. Please try again in some minutes."
	case unreadable:
		return "There is no " + h.Title + " at this address."
	}
	return h.Title + " could not be reached."
}
