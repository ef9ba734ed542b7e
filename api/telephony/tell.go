package telephony

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"postroom/api/rest"
	"postroom/channels/cti"
	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/live"
	"postroom/internal/phone"
)

// agents are those who may see calls.
var agents = []string{"cti.agent", "cti"}

const tellWithin = 5 * time.Second

// tell shows on the pages of agents what happened (reference/channels.md 1.8). The telephone system has
// its answer already. Pages find out in other ways, too: nothing is lost when it fails.
func (v *visit) tell() {
	if v.call == nil {
		return
	}
	v.Live.Say(live.Audience{Holders: agents}, "cti_list_push", nil)
	if v.call.Direction != telephone.CallIn || v.rejected {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.r.Context()), tellWithin)
	defer cancel()
	var err error
	switch v.event.Event {
	case telephone.NewCall:
		err = v.ring(ctx)
	case telephone.CallAnswer:
		err = v.open(ctx)
	}
	if err != nil {
		v.Log.WarnContext(ctx, "agents were not told of a call", "call_id", v.call.CallID, "error", err)
	}
}

// ring tells those whose telephone may ring.
func (v *visit) ring(ctx context.Context) error {
	catalog, err := v.Catalog(v.r)
	if err != nil {
		return err
	}
	to := live.Audience{Holders: agents}
	queue := ""
	if v.call.Queue != nil {
		queue = *v.call.Queue
	}
	if users, everybody := v.config(catalog, cti.Generic).Told(v.event.To, queue); !everybody {
		if users, err = v.Store.AgentsCalled(ctx, users, phone.Normal(v.event.To), agents); err != nil || len(users) == 0 {
			return err
		}
		to = live.Audience{Users: users}
	}
	v.Live.Say(to, "cti_event", rest.AppendJSON(nil, callRecord(*v.call)))
	return nil
}

// open shows who took the call whom they are talking to: the customer, or a new ticket for a stranger.
func (v *visit) open(ctx context.Context) error {
	taker, err := v.Store.CallTaker(ctx, v.event.Taker, phone.Normal(v.event.Taker.Number), agents)
	if err != nil || taker == 0 {
		return err
	}
	catalog, err := v.Catalog(v.r)
	if err != nil {
		return err
	}
	customer := bestCustomer(v.call.Preferences.From)
	if customer != 0 {
		span := time.Duration(catalog.Settings.Int("cti_customer_last_activity")) * time.Second
		busy, err := v.Store.CustomerSince(ctx, customer, time.Now().Add(-span))
		if err != nil {
			return err
		}
		if busy {
			v.task(taker, fmt.Sprintf("User-%d", customer), "UserProfile", fmt.Sprintf("user/profile/%d", customer), rest.Record{{"user_id", fmt.Sprint(customer)}})
			return nil
		}
	}
	id := uuid.NewString()
	params := rest.Record{{"customer_id", fmt.Sprint(customer)}, {"title", "Call from " + phone.Pretty(v.call.From)}, {"id", id}}
	if customer == 0 {
		params = params[1:]
	}
	v.task(taker, "TicketCreateScreen-"+id, "TicketCreate", "ticket/create/id/"+id, params)
	return nil
}

// task opens something on the pages of an agent.
func (v *visit) task(agent desk.UserID, key, controller, url string, params rest.Record) {
	v.Live.Say(live.Audience{Users: []desk.UserID{agent}}, "remote_task", rest.AppendJSON(nil, rest.Record{
		{"key", key}, {"controller", controller}, {"params", params}, {"show", true}, {"url", url},
	}))
}

// bestCustomer is the user of the first record that is known, or else of the first.
func bestCustomer(found []telephone.CallerID) desk.UserID {
	var first desk.UserID
	for _, c := range found {
		if c.UserID == nil {
			continue
		}
		if c.Level == telephone.CallerKnown {
			return *c.UserID
		}
		if first == 0 {
			first = *c.UserID
		}
	}
	return first
}
