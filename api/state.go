package api

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func (s *Server) states() *resource[desk.State, desk.StateID] {
	return &resource[desk.State, desk.StateID]{
		server: s,
		table:  store.States,
		view:   s.stateView,
		sortable: []string{
			"state_type_id", "name", "next_state_id", "ignore_escalation", "default_create", "default_follow_up", "note", "active",
		},
		fresh: func() desk.State { return desk.State{Active: true} },
		read:  readState,
		guard: notMerged,
	}
}

func (s *Server) stateView(*desk.Caller) view[desk.State] {
	shown := viewOf(s, store.States)
	shown.records = each(func(v desk.State) record {
		return record{
			{"id", v.ID}, {"state_type_id", v.StateTypeID}, {"name", v.Name}, {"next_state_id", v.NextStateID},
			{"ignore_escalation", v.IgnoreEscalation}, {"default_create", v.DefaultCreate}, {"default_follow_up", v.DefaultFollowUp},
			{"note", v.Note}, {"active", v.Active},
		}.stamped(v.Stamp)
	})
	addStamps := shown.expand
	shown.expand = func(ctx context.Context, items []desk.State, records []record) error {
		catalog, err := s.Store.Catalog(ctx)
		if err != nil {
			return err
		}
		for i, v := range items {
			records[i].add("state_type", catalog.StateTypes[v.StateTypeID])
			if v.NextStateID != nil {
				records[i].add("next_state", catalog.States[*v.NextStateID].Name)
			}
		}
		return addStamps(ctx, items, records)
	}
	return shown
}

// notMerged protects the one state that merged tickets are in.
func notMerged(c *desk.Catalog, v desk.State) error {
	if c.StateTypes[v.StateTypeID] == desk.StateTypeMerged {
		return invalid("state_type_id", "The state of merged tickets can't be changed or deleted.")
	}
	return nil
}

func readState(ctx context.Context, tx *store.Store, in *input, v *desk.State) error {
	kind, sent, err := named(in.p, "state_type", in.catalog.StateTypes, itself)
	switch {
	case err != nil:
		return err
	case sent:
		v.StateTypeID = kind
	}
	switch {
	case v.StateTypeID == 0:
		return invalid("state_type_id", "Attribute 'state_type_id' required!")
	case in.catalog.StateTypes[v.StateTypeID] == desk.StateTypeMerged:
		return invalid("state_type_id", "There can be only one state of type merged.")
	}
	reference(in, &v.NextStateID, "next_state", in.catalog.States, stateName)
	in.name(&v.Name)
	in.flag(&v.IgnoreEscalation, "ignore_escalation")
	in.flag(&v.DefaultCreate, "default_create")
	in.flag(&v.DefaultFollowUp, "default_follow_up")
	in.flag(&v.Active, "active")
	in.nullHTML(&v.Note, "note", maxNote)
	if in.err != nil {
		return in.err
	}
	return store.States.CheckName(ctx, tx, v.Name, v.ID)
}
