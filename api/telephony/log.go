package telephony

import (
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/channels/cti"
	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/live"
	"postroom/internal/phone"
	"postroom/internal/store"
)

// listCalls shows the newest calls. Where queues are mapped to agents, everybody sees the calls of
// their own queues and numbers; the map of the generic system counts for all systems.
func (s *Room) listCalls(w http.ResponseWriter, r *http.Request) error {
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	who := rest.Caller(r)
	config := s.config(catalog, cti.Generic)
	queues, limited := config.QueuesOf(who.User.ID, phone.Numbers(who.User.Phone))
	calls, err := s.Store.Calls(r.Context(), queues, limited, config.ViewLimit)
	if err != nil {
		return err
	}
	list, callers := []rest.Record{}, rest.Set[desk.UserID]{}
	for _, call := range calls {
		list = append(list, callRecord(call))
		for _, found := range slices.Concat(call.Preferences.From, call.Preferences.To) {
			if found.UserID != nil {
				callers.Add(*found.UserID)
			}
		}
	}
	assets := rest.Record{}
	if err := s.people.AddPeople(r.Context(), who, &assets, callers, rest.Set[desk.OrganizationID]{}); err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"list", list}, {"assets", assets}, {"backends", backends(catalog)}})
}

func backends(c *desk.Catalog) []rest.Record {
	var all []rest.Record
	for _, system := range []cti.System{cti.Generic, cti.Sipgate, cti.Placetel} {
		all = append(all, rest.Record{{"name", system.Name}, {"enabled", enabled(c, system)}, {"url", "#system/integration/" + system.Key}})
	}
	return all
}

// callRecord is a call as the wire shows it.
func callRecord(c telephone.Call) rest.Record {
	preferences := rest.Record{}
	if len(c.Preferences.From) > 0 {
		preferences.Add("from", callerRecords(c.Preferences.From))
	}
	if len(c.Preferences.To) > 0 {
		preferences.Add("to", callerRecords(c.Preferences.To))
	}
	return rest.Record{
		{"id", c.ID}, {"direction", c.Direction}, {"state", c.State}, {"from", c.From}, {"from_comment", c.FromComment},
		{"to", c.To}, {"to_comment", c.ToComment}, {"queue", c.Queue}, {"call_id", c.CallID}, {"comment", c.Comment},
		{"initialized_at", c.InitializedAt}, {"start_at", c.StartAt}, {"end_at", c.EndAt},
		{"duration_waiting_time", c.DurationWaitingTime}, {"duration_talking_time", c.DurationTalkingTime},
		{"done", c.Done}, {"preferences", preferences}, {"created_at", c.CreatedAt}, {"updated_at", c.UpdatedAt},
		{"from_pretty", phone.Pretty(c.From)}, {"to_pretty", phone.Pretty(c.To)},
	}
}

func callerRecords(found []telephone.CallerID) (records []rest.Record) {
	for _, c := range found {
		records = append(records, rest.Record{
			{"id", c.ID}, {"caller_id", c.CallerID}, {"comment", c.Comment}, {"level", c.Level}, {"object", c.Object},
			{"o_id", c.OID}, {"user_id", c.UserID}, {"preferences", c.Preferences}, {"created_at", c.CreatedAt}, {"updated_at", c.UpdatedAt},
		})
	}
	return records
}

// logSample is what listCalls answers.
var logSample = rest.Record{
	{"list", []any{callRecord(telephone.Call{})}}, {"assets", rest.Record{}},
	{"backends", []any{rest.Record{{"name", ""}, {"enabled", false}, {"url", ""}}}},
}

// finishCall says of a call whether somebody called back.
func (s *Room) finishCall(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[telephone.CallID](r, "id", "Cti::Log")
	if err != nil {
		return err
	}
	call, err := s.Store.Call(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.setDone(r, []telephone.CallID{call.ID}, p.Flag("done")); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

// setDone says of calls whether they are done with. What agents were told of those that are is settled, and they look again.
func (s *Room) setDone(r *http.Request, ids []telephone.CallID, done bool) error {
	ctx := r.Context()
	err := s.Store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.SetCallsDone(ctx, ids, done); err != nil || !done {
			return err
		}
		calls := make([]int64, len(ids))
		for i, id := range ids {
			calls[i] = int64(id)
		}
		return tx.SetRecordsSeen(ctx, desk.ObjectCall, calls, rest.Caller(r).User.ID)
	})
	if err == nil {
		s.Live.Say(live.Audience{Holders: agents}, "cti_list_push", nil)
	}
	return err
}

// maxDone is how many calls can be finished at once.
const maxDone = 10_000

// finishCalls says of several calls that somebody called back.
func (s *Room) finishCalls(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	ids, err := rest.IDsIn[telephone.CallID](p, "ids")
	if err != nil {
		return err
	}
	if len(ids) > maxDone {
		return rest.Invalid("ids", "No more than %d calls at once.", maxDone)
	}
	if err := s.setDone(r, ids, true); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}
