package tickets

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
)

func (s *Room) states() *rest.Resource[desk.State, desk.StateID] {
	return &rest.Resource[desk.State, desk.StateID]{
		House: s.House,
		Table: catalog.States,
		View:  s.stateView,
		Sortable: []string{
			"state_type_id", "name", "next_state_id", "ignore_escalation", "default_create", "default_follow_up", "note", "active",
		},
		Fresh: func() desk.State { return desk.State{Active: true} },
		Read:  readState,
		Guard: notMerged,
	}
}

func (s *Room) stateView(*desk.Caller) rest.View[desk.State] {
	shown := rest.ViewOf(s.House, catalog.States)
	shown.Records = rest.Each(func(v desk.State) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"state_type_id", v.StateTypeID}, {"name", v.Name}, {"next_state_id", v.NextStateID},
			{"ignore_escalation", v.IgnoreEscalation}, {"default_create", v.DefaultCreate}, {"default_follow_up", v.DefaultFollowUp},
			{"note", v.Note}, {"active", v.Active},
		}.Stamped(v.Stamp)
	})
	addStamps := shown.Expand
	shown.Expand = func(ctx context.Context, items []desk.State, records []rest.Record) error {
		catalog, err := s.Store.Catalog(ctx)
		if err != nil {
			return err
		}
		for i, v := range items {
			records[i].Add("state_type", catalog.StateTypes[v.StateTypeID])
			if v.NextStateID != nil {
				records[i].Add("next_state", catalog.States[*v.NextStateID].Name)
			}
		}
		return addStamps(ctx, items, records)
	}
	return shown
}

// notMerged protects the one state that merged tickets are in.
func notMerged(c *desk.Catalog, v desk.State) error {
	if c.StateTypes[v.StateTypeID] == desk.StateTypeMerged {
		return rest.Invalid("state_type_id", "The state of merged tickets can't be changed or deleted.")
	}
	return nil
}

func readState(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.State) error {
	kind, sent, err := rest.Named(in.Params, "state_type", in.Catalog.StateTypes, rest.Itself)
	switch {
	case err != nil:
		return err
	case sent:
		v.StateTypeID = kind
	}
	switch {
	case v.StateTypeID == 0:
		return rest.Invalid("state_type_id", "Attribute 'state_type_id' required!")
	case in.Catalog.StateTypes[v.StateTypeID] == desk.StateTypeMerged:
		return rest.Invalid("state_type_id", "There can be only one state of type merged.")
	}
	rest.Reference(in, &v.NextStateID, "next_state", in.Catalog.States, rest.StateName)
	in.Name(&v.Name)
	in.Flag(&v.IgnoreEscalation, "ignore_escalation")
	in.Flag(&v.DefaultCreate, "default_create")
	in.Flag(&v.DefaultFollowUp, "default_follow_up")
	in.Flag(&v.Active, "active")
	in.NullHTML(&v.Note, "note", rest.MaxNote)
	if in.Err != nil {
		return in.Err
	}
	return catalog.States.CheckName(ctx, tx.DB, v.Name, v.ID)
}
