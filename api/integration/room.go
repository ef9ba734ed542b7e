// Package integration answers what agents ask other systems through Postroom: issues that tickets
// are linked to, objects of a CMDB.
package integration

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/egress"
	"postroom/internal/store"
	"postroom/internal/store/tickets"
)

// Room answers requests about other systems.
type Room struct {
	*rest.House
	strict, lenient *http.Client // the lenient one takes any certificate
}

// New returns a Room of a house, which reaches what the house lets it.
func New(house *rest.House) *Room {
	return &Room{
		House:   house,
		strict:  house.Egress.Client(egress.Options{}),
		lenient: house.Egress.Client(egress.Options{Insecure: true}),
	}
}

// access is how another system is reached: what an administrator stored, or tries out.
type access struct {
	Endpoint  string `json:"endpoint"`
	APIToken  string `json:"api_token"`
	VerifySSL any    `json:"verify_ssl"`
}

// stored is what the settings say of a system that is switched on.
func (s *Room) stored(c *desk.Catalog, system string) (access, error) {
	var known access
	if !c.Settings.Bool(system + "_integration") {
		return known, rest.Invalid(system+"_integration", "Integration is not enabled: %s", system)
	}
	c.Settings.Into(system+"_config", &known)
	return known, nil
}

// typed is what an administrator typed in.
func typed(p rest.Params) access {
	return access{
		Endpoint: p.Text("endpoint"), APIToken: p.Text("api_token"), VerifySSL: p["verify_ssl"],
	}
}

func (s *Room) client(a access) *http.Client {
	if a.VerifySSL == false || a.VerifySSL == "false" {
		return s.lenient
	}
	return s.strict
}

// outcome tells what became of a question to another system. That it failed is an answer, too:
// whoever asked can do something about it.
func outcome(w http.ResponseWriter, r *http.Request, more rest.Record, err error) error {
	if err != nil {
		if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
			return rest.Reply(w, r, rest.Record{{"result", "failed"}, {"message", invalid.Reason}, {"field", invalid.Field}})
		}
		return rest.Reply(w, r, rest.Record{{"result", "failed"}, {"message", err.Error()}})
	}
	return rest.Reply(w, r, append(rest.Record{{"result", "ok"}}, more...))
}

// maxKept is how much of another system a ticket is linked to at most.
const maxKept = 100

// keep stores under a name among a ticket's preferences what it is linked to elsewhere.
func (s *Room) keep(w http.ResponseWriter, r *http.Request, system, name string) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	values := in.Params.List(name)
	if len(values) > maxKept {
		return rest.Invalid(name, "More than %d values in '%s'", maxKept, name)
	}
	id, err := rest.IDIn[desk.TicketID](in.Params, "ticket_id")
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		before, err := tx.LockTicket(r.Context(), id)
		if err == nil {
			err = in.Who.TicketAccess().MayChangeAsAgent(before)
		}
		if err != nil {
			return err
		}
		return link(r.Context(), tx, in, before, system, name, values)
	})
	if err != nil {
		return err
	}
	return outcome(w, r, nil, nil)
}

func link(ctx context.Context, tx *store.Store, in *rest.Input, before desk.Ticket, system, name string, values []any) error {
	after := before
	if after.Preferences = maps.Clone(before.Preferences); after.Preferences == nil {
		after.Preferences = map[string]any{}
	}
	after.Preferences[system] = map[string]any{name: once(values)}
	_, err := tx.ChangeTicket(ctx, tickets.TicketChange{
		Before: before, After: after, Catalog: in.Catalog,
		Event: desk.TicketEvent{By: in.Who.User.ID, Interface: desk.ByAPI},
	})
	return err
}

// once keeps the first of equal texts and numbers.
func once(values []any) []any {
	kept, seen := []any{}, map[string]bool{}
	for _, value := range values {
		text := fmt.Sprint(value)
		if text != "" && !seen[text] {
			seen[text] = true
			kept = append(kept, value)
		}
	}
	return kept
}
