package checkmk

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
)

// system is what Checkmk is called in settings, in the preferences of tickets and in the http log.
const system = "check_mk"

// report is what Checkmk says in one request.
type report struct {
	*Room
	*rest.Input
	r       *http.Request
	host    string
	service *string // nil: it is about the host itself
	state   string
	title   string
	body    string
}

// take answers a report. Whatever it is answered is noted in the http log, where administrators look
// when something doesn't fit.
func (s *Room) take(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	v := &report{Room: s, r: r, Input: &rest.Input{Params: rest.Params{}, Catalog: catalog, Automatic: true}}
	answer, err := v.answer()
	if err != nil {
		v.noteRefusal(err)
		return err
	}
	v.note(http.StatusOK, answer)
	return rest.WriteJSON(w, http.StatusOK, answer)
}

// answer checks the request and does what it says.
func (v *report) answer() (rest.Record, error) {
	token := v.Catalog.Settings.String(system + "_token")
	switch {
	case !v.Catalog.Settings.Bool(system + "_integration"):
		return nil, rest.Invalid("", "Feature is disabled, please contact your administrator!")
	case token == "" || subtle.ConstantTimeCompare([]byte(v.r.PathValue("token")), []byte(token)) != 1:
		return nil, rest.Invalid("", "The provided token is invalid.")
	}
	var err error
	if v.Params, err = rest.ReadParams(v.r); err != nil {
		return nil, err
	}
	if err := v.read(); err != nil {
		return nil, err
	}
	var answer rest.Record
	err = v.Store.InTx(v.r.Context(), func(tx *store.Store) error {
		answer, err = v.act(v.r.Context(), tx)
		return err
	})
	return answer, err
}

// maxFact bounds a fact of a report, in characters: it becomes part of the ticket.
const maxFact = 1000

// read takes what the report must have and what it may have out of what was sent, and leaves the
// attributes of the ticket.
func (v *report) read() error {
	for _, name := range []string{"event_id", "state", "host"} {
		if v.Params.Blank(name) {
			return rest.Invalid("", "%s is missing!", name)
		}
	}
	fact := func(name string) string { return desk.Cut(v.Params.Text(name), maxFact) }
	text := func(name string) string {
		if v.Params.Blank(name) {
			return "-"
		}
		return v.Params.Text(name)
	}
	v.host, v.state = fact("host"), fact("state")
	if !v.Params.Blank("service") {
		service := fact("service")
		v.service = &service
	}
	v.title = desk.Cut(v.host+" is "+v.state, desk.MaxTitle)
	v.body = fmt.Sprintf("EventID: %s\nHost: %s\nService: %s\nState: %s\nText: %s\nRemoteIP: %s\nUserAgent: %s\n",
		text("event_id"), v.host, text("service"), v.state, text("text"), v.ClientIP(v.r), v.r.UserAgent())
	return nil
}

// act opens, notes or closes.
func (v *report) act(ctx context.Context, tx *store.Store) (rest.Record, error) {
	author, err := tx.User(ctx, desk.SystemUser)
	if err != nil {
		return nil, err
	}
	v.Who = &desk.Caller{User: author}
	open, err := tx.MonitoredTickets(ctx, system, v.host, v.service, v.Catalog.StatesOf(desk.OpenTypes), maxTickets)
	if err != nil {
		return nil, err
	}
	closing := v.Catalog.Settings.Bool(system+"_auto_close") && rules.MatchesMail(v.state, desk.RecoveredState)
	switch {
	case len(open) == 0 && closing:
		return rest.Record{{"result", "no open tickets found, ignore action"}}, nil
	case len(open) == 0:
		return v.open(ctx, tx)
	}
	ids, names := []desk.TicketID{}, []string{}
	for _, ticket := range open {
		if err := v.addNote(ctx, tx, ticket, closing); err != nil {
			return nil, err
		}
		ids, names = append(ids, ticket.ID), append(names, strconv.FormatInt(int64(ticket.ID), 10))
	}
	if closing {
		return rest.Record{{"result", "closed tickets with ids " + strings.Join(names, ",")}, {"ticket_ids", ids}}, nil
	}
	return rest.Record{{"result", "ticket already open, added note"}, {"ticket_ids", ids}}, nil
}

// maxTickets is how many open tickets of one service are told.
const maxTickets = 20

// noteRefusal writes into the http log what was refused. Strangers get only so many entries: the
// address is open to everybody.
func (v *report) noteRefusal(err error) {
	status, text := http.StatusInternalServerError, err.Error()
	if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
		status, text = http.StatusUnprocessableEntity, invalid.Reason
	}
	if answer, ok := errors.AsType[*rest.AnswerError](err); ok {
		status, text = answer.Status, answer.Text
	}
	if v.Who == nil && !v.refused.Allow() {
		return
	}
	v.note(status, rest.Record{{"error", text}})
}

// note writes the request into the http log. The token stays out of it.
func (v *report) note(status int, answer rest.Record) {
	code := strconv.Itoa(status)
	l := desk.HTTPLog{
		Direction: "in", Facility: system, Method: v.r.Method, Status: &code,
		URL:      strings.Replace(v.r.URL.Path, v.r.PathValue("token"), rest.SecretMask, 1),
		Request:  map[string]any{"content": string(rest.AppendJSON(nil, map[string]any(v.Params)))},
		Response: map[string]any{"content": string(rest.AppendJSON(nil, answer))},
	}
	if ip := v.ClientIP(v.r); ip.IsValid() {
		text := ip.String()
		l.IP = &text
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), noteWithin)
	defer cancel()
	if err := v.Store.AddHTTPLog(ctx, &l); err != nil {
		v.Log.WarnContext(ctx, "request not noted in the http log", "facility", system, "error", err)
	}
}

const noteWithin = 5 * time.Second
