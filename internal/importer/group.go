package importer

import (
	"context"
	"errors"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/importer/source"
	"postroom/internal/store/catalog"
	"postroom/internal/store/installation"
)

const maxName = 150 // characters of a name

// Groups, states, priorities and fields are as many as somebody typed in: each is written alone.
var groupKind = kind[source.Group]{
	object: "Group", plural: "Groups",
	id:      func(g *source.Group) string { return g.ID },
	changed: func(g *source.Group) time.Time { return g.Changed },
	put: func(ctx context.Context, w *writer, entries []*entry[source.Group]) error {
		for _, e := range entries {
			if err := w.group(ctx, e); err != nil {
				return err
			}
		}
		return nil
	},
}

// group finds or makes a group with those above it.
func (w *writer) group(ctx context.Context, e *entry[source.Group]) error {
	if !e.fresh() { // what somebody made of it here counts
		e.outcome = unchanged
		return nil
	}
	parts := strings.Split(text(e.record.Name, maxName), "::")
	var parent *desk.GroupID
	e.outcome = unchanged
	for i := range parts {
		path := strings.Join(parts[:i+1], "::")
		id, err := w.tx.RecordID(ctx, "groups", "name", path)
		if errors.Is(err, desk.ErrNotFound) {
			g := desk.Group{
				Name: path, NameLast: parts[i], ParentID: parent, Active: i+1 < len(parts) || !e.record.Inactive,
				FollowUpPossible: "yes", FollowUpAssignment: true, SharedDrafts: true,
			}
			if i+1 == len(parts) {
				g.Note, e.outcome = text(e.record.Note, maxNote), created
			}
			err = catalog.Groups.Insert(ctx, w.tx.DB, &g, desk.SystemUser)
			id = int64(g.ID)
		}
		if err != nil {
			return err
		}
		parent = new(desk.GroupID(id))
	}
	e.oid = int64(*parent)
	return nil
}

// memberships let agents work in groups. Those whose agent or group was not taken over count for nothing.
func (w *writer) memberships(ctx context.Context, all []source.Membership) error {
	var people, teams []string
	for _, m := range all {
		people, teams = append(people, m.User), append(teams, m.Group)
	}
	userIDs, err := w.tx.ImportedIDs(ctx, w.run.Source, "User", people)
	if err != nil {
		return err
	}
	groupIDs, err := w.tx.ImportedIDs(ctx, w.run.Source, "Group", teams)
	if err != nil {
		return err
	}
	var access []installation.Record
	for _, m := range all {
		if user, group := userIDs[m.User], groupIDs[m.Group]; user != 0 && group != 0 {
			access = append(access, installation.Record{"user_id": user, "group_id": group, "access": desk.AccessFull})
		}
	}
	return w.tx.InsertMissing(ctx, "groups_users", access)
}

var stateKind = kind[source.State]{
	object: "State", plural: "States",
	id:      func(s *source.State) string { return s.ID },
	changed: func(*source.State) time.Time { return time.Time{} },
	put: func(ctx context.Context, w *writer, entries []*entry[source.State]) error {
		for _, e := range entries {
			if err := w.state(ctx, e); err != nil {
				return err
			}
		}
		return nil
	},
}

// state finds or makes a state of tickets.
func (w *writer) state(ctx context.Context, e *entry[source.State]) error {
	name := text(e.record.Name, maxName)
	id, err := w.tx.RecordID(ctx, "ticket_states", "name", name)
	if e.outcome = unchanged; errors.Is(err, desk.ErrNotFound) {
		v := desk.State{Name: name, Active: !e.record.Inactive}
		for id, typ := range w.catalog.StateTypes {
			if typ == e.record.Type {
				v.StateTypeID = id
			}
		}
		if v.StateTypeID == 0 {
			return &desk.InvalidError{Field: "state", Reason: "unknown type of state " + e.record.Type}
		}
		if e.record.Type == desk.StateTypePendingAction {
			v.NextStateID = new(desk.StateClosed)
		}
		err = catalog.States.Insert(ctx, w.tx.DB, &v, desk.SystemUser)
		id, e.outcome = int64(v.ID), created
	}
	e.oid = id
	return err
}

var priorityKind = kind[source.Priority]{
	object: "Priority", plural: "Priorities",
	id:      func(p *source.Priority) string { return p.ID },
	changed: func(*source.Priority) time.Time { return time.Time{} },
	put: func(ctx context.Context, w *writer, entries []*entry[source.Priority]) error {
		for _, e := range entries {
			if err := w.priority(ctx, e); err != nil {
				return err
			}
		}
		return nil
	},
}

// priority finds or makes a priority of tickets.
func (w *writer) priority(ctx context.Context, e *entry[source.Priority]) error {
	name := text(e.record.Name, maxName)
	id, err := w.tx.RecordID(ctx, "ticket_priorities", "name", name)
	if e.outcome = unchanged; errors.Is(err, desk.ErrNotFound) {
		v := desk.Priority{Name: name, Active: !e.record.Inactive}
		err = catalog.Priorities.Insert(ctx, w.tx.DB, &v, desk.SystemUser)
		id, e.outcome = int64(v.ID), created
	}
	e.oid = id
	return err
}
