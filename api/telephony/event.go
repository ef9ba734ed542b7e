package telephony

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"postroom/api/rest"
	"postroom/channels/cti"
	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/phone"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// receive takes in what a telephone system says. Whatever it is answered is noted in the http log,
// where administrators look when something doesn't fit.
func (s *Room) receive(system cti.System, direction string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := &visit{Room: s, system: system, direction: direction, r: r}
		answer, err := v.answer()
		if refusal, ok := refusalOf(err); ok {
			v.noteRefusal(refusal)
			return v.write(w, refusal.Status, v.refuse(refusal.Text))
		}
		if err != nil {
			return err
		}
		if err := v.write(w, http.StatusOK, answer); err != nil {
			return err
		}
		_ = http.NewResponseController(w).Flush() // where it can't be, the caller waits for the agents to be told
		v.tell()
		return nil
	}
}

// visit is one request of a telephone system.
type visit struct {
	*Room
	system    cti.System
	direction string // of the address; empty: there is one for both
	r         *http.Request
	trusted   bool // it knows the token
	sent      rest.Params
	event     telephone.CallEvent
	call      *telephone.Call // as the event left it; nil: nothing changed
	rejected  bool
	named     bool // the event's user is who has the SIP name of our side
}

// reply is an answer in the form that the system reads.
type reply struct {
	value any    // JSON
	xml   string // instead
}

// answer does what the request says, and returns what the system is to do.
func (v *visit) answer() (reply, error) {
	ctx := v.r.Context()
	catalog, err := v.Catalog(v.r)
	if err != nil {
		return reply{}, err
	}
	config := v.config(catalog, v.system)
	switch {
	case !enabled(catalog, v.system):
		return reply{}, rest.Invalid("", "Feature is disabled, please contact your administrator!")
	case !config.Configured():
		return reply{}, rest.Invalid("", "Feature not configured, please contact your admin!")
	case !same(v.r.PathValue("token"), catalog.Settings.String(v.system.Key+"_token")):
		return reply{}, rest.Unauthorized("Invalid token, please contact your admin!")
	}
	v.trusted = true
	if v.sent, err = rest.ReadParams(v.r); err != nil {
		return reply{}, err
	}
	event, sip, err := v.system.Read(v.sent)
	if err != nil {
		return reply{}, err
	}
	if event.User == "" && sip != "" && v.names != nil {
		event.User, v.named = v.names.Name(ctx, config.APIToken, sip), true
	}
	event.Taker = config.Taker(event.Taker)
	decided := config.Decide(&event)
	v.rejected = decided.Action == cti.Reject
	answer := v.form(decided, catalog)
	return answer, v.take(ctx, config, event, v.log(http.StatusOK, answer))
}

// same compares without telling by its time where two texts begin to differ. Nothing is the same as
// an empty one.
func same(sent, token string) bool {
	return token != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(token)) == 1
}

// maxTries is how often an event is tried to be taken in while others change the same call.
const maxTries = 10

// take writes what an event changes about its call.
func (v *visit) take(ctx context.Context, config *cti.Config, event telephone.CallEvent, request desk.HTTPLog) error {
	number := phone.Normal(event.OuterNumber())
	var callers map[string][]telephone.CallerID
	if event.Event == telephone.NewCall {
		var err error
		if callers, err = v.Store.Callers(ctx, []string{number}); err != nil {
			return err
		}
	}
	now := time.Now().UTC()
	for range maxTries {
		call, err := v.Store.CallNamed(ctx, event.CallID)
		if err != nil {
			return err
		}
		if event.Direction == "" && call.Direction == telephone.CallOut && v.named {
			event.User = "" // it is our side, and the other one took the call
		}
		event.Direction = cmp.Or(event.Direction, call.Direction, telephone.CallIn)
		after, changed := call.After(event, callers[number], now)
		if !changed { // said before
			return v.Store.AddHTTPLog(ctx, &request)
		}
		after.CallerID = cmp.Or(call.CallerID, number)
		missed := call.EndAt == nil && after.Missed() && !config.Blocks(after.From)
		saved, err := v.save(ctx, &after, request, missed)
		if saved {
			after.UpdatedAt = now
			if after.CreatedAt.IsZero() {
				after.CreatedAt = now
			}
			v.event, v.call = event, &after
		}
		if err != nil || saved {
			return err
		}
	}
	return fmt.Errorf("call: changed %d times while it was changed: %w", maxTries, desk.ErrUnavailable)
}

// save writes a call after an event. Of one that nobody took agents are told in any case, whether their pages are open or not.
func (v *visit) save(ctx context.Context, call *telephone.Call, request desk.HTTPLog, missed bool) (saved bool, err error) {
	if !missed {
		return v.Store.SaveCall(ctx, call, request)
	}
	err = v.Store.InTx(ctx, func(tx *store.Store) error {
		if saved, err = tx.SaveCall(ctx, call, request); err != nil || !saved {
			return err
		}
		return tx.Announce(ctx, task.CallMissed{CallID: call.ID})
	})
	return saved, err
}

// form writes an answer as the system reads it.
func (v *visit) form(a cti.Answer, c *desk.Catalog) reply {
	if v.system.XML {
		return reply{xml: a.XML(v.hooks(c))}
	}
	switch a.Action {
	case cti.Reject:
		return reply{value: rest.Record{{"action", a.Action}, {"reason", "busy"}}}
	case cti.Dial:
		return reply{value: rest.Record{{"action", a.Action}, {"caller_id", a.CallerID}, {"number", a.Number}}}
	}
	return reply{value: rest.Record{}}
}

func (v *visit) refuse(text string) reply {
	if v.system.XML {
		return reply{xml: cti.ErrorXML(text)}
	}
	return reply{value: rest.Record{{"error", text}}}
}

// hooks are where sipgate.io is to go on telling of the call: where it told of it first.
func (v *visit) hooks(c *desk.Catalog) cti.Hooks {
	if v.direction == "" {
		return cti.Hooks{}
	}
	url := c.Settings.String("http_type") + "://" + cmp.Or(c.Settings.String("sipgate_alternative_fqdn"), c.Settings.String("fqdn")) +
		"/api/v1/sipgate/" + v.r.PathValue("token") + "/" + v.direction
	return cti.Hooks{OnHangup: url, OnAnswer: url}
}

func (v *visit) write(w http.ResponseWriter, status int, answer reply) error {
	if !v.system.XML {
		return rest.WriteJSON(w, status, answer.value)
	}
	w.Header().Set("Content-Type", cti.XMLType)
	w.Header().Set("Content-Length", strconv.Itoa(len(answer.xml)))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(answer.xml)) // fails when the system is gone, and then nobody can be told
	return nil
}

// refusalOf finds what a client can be told of an error in its own form.
func refusalOf(err error) (rest.AnswerError, bool) {
	if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
		return rest.AnswerError{Status: http.StatusUnprocessableEntity, Text: invalid.Reason}, true
	}
	if answer, ok := errors.AsType[*rest.AnswerError](err); ok {
		return *answer, true
	}
	return rest.AnswerError{}, false
}
