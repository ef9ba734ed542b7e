package api

import (
	"context"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

const (
	maxGroupDepth = 10
	maxGroupName  = 160
	pathDelimiter = "::"
)

// readGroup takes what a client sent for a group and finds its place in the tree.
func readGroup(ctx context.Context, tx *store.Store, p params, g *desk.Group) error {
	if err := tx.LockGroups(ctx); err != nil {
		return err
	}
	if err := readGroupValues(ctx, tx, p, g); err != nil {
		return err
	}
	all, err := tx.ListGroups(ctx, store.GroupFilter{}, nil, store.Page{Limit: 1 << 20})
	if err != nil {
		return err
	}
	if err := place(p, g, groupTree(all)); err != nil {
		return err
	}
	return tx.CheckGroupName(ctx, *g)
}

func readGroupValues(ctx context.Context, tx *store.Store, p params, g *desk.Group) error {
	if err := readGroupRelations(ctx, tx, p, g); err != nil {
		return err
	}
	if err := p.setInt(&g.AssignmentTimeout, "assignment_timeout"); err != nil {
		return err
	}
	if err := p.setInt(&g.ReopenTimeInDays, "reopen_time_in_days"); err != nil {
		return err
	}
	if !p.blank("follow_up_possible") {
		g.FollowUpPossible = p.text("follow_up_possible")
		if !slices.Contains([]string{"yes", "new_ticket", "new_ticket_after_certain_time"}, g.FollowUpPossible) {
			return invalid("follow_up_possible", "Invalid value %s for field 'follow_up_possible'!", quoted(p["follow_up_possible"]))
		}
	}
	p.setBool(&g.FollowUpAssignment, "follow_up_assignment")
	p.setBool(&g.Active, "active")
	p.setBool(&g.SharedDrafts, "shared_drafts")
	if err := p.setText(&g.Note, "note", maxNote); err != nil {
		return err
	}
	if p.has("note") {
		g.Note, _ = richtext.Sanitize(g.Note, richtext.Options{})
	}
	return nil
}

func quoted(value any) string {
	text, _ := textOf(value)
	return "'" + text + "'"
}

func readGroupRelations(ctx context.Context, tx *store.Store, p params, g *desk.Group) error {
	signatures, err := tx.SignatureNames(ctx)
	if err != nil {
		return err
	}
	signature, sent, err := named(p, "signature", signatures, func(name string) string { return name })
	if err != nil {
		return err
	}
	if sent {
		g.SignatureID = idOrNil(signature)
	}
	page := store.Page{Limit: 1 << 20}
	list, err := tx.ListEmailAddresses(ctx, nil, page)
	if err != nil {
		return err
	}
	addresses := map[desk.EmailAddressID]desk.EmailAddress{}
	for _, a := range list {
		addresses[a.ID] = a
	}
	address, sent, err := named(p, "email_address", addresses, func(a desk.EmailAddress) string { return a.Name })
	if err == nil && sent {
		g.EmailAddressID = idOrNil(address)
	}
	return err
}

// idOrNil makes 0 the absence of an id.
func idOrNil[T ~int64](id T) *T {
	if id == 0 {
		return nil
	}
	return &id
}

// tree is the groups by id and by path.
type tree struct {
	byID   map[desk.GroupID]desk.Group
	byPath map[string]desk.GroupID
}

func groupTree(all []desk.Group) tree {
	t := tree{byID: map[desk.GroupID]desk.Group{}, byPath: map[string]desk.GroupID{}}
	for _, g := range all {
		t.byID[g.ID], t.byPath[strings.ToLower(g.Name)] = g, g.ID
	}
	return t
}

// place finds a group's place: a path in name, or name_last below parent_id. What was sent back
// unchanged decides nothing.
func place(p params, g *desk.Group, t tree) error {
	last, path := g.NameLast, cut(strings.TrimSpace(p.text("name")), maxGroupName)
	if p.has("name_last") {
		last = cut(strings.TrimSpace(p.text("name_last")), maxGroupName)
	}
	parent, sent, err := named(p, "parent", t.byID, groupName)
	if err != nil {
		return err
	}
	if sent {
		g.ParentID = idOrNil(parent)
	}
	if path != "" && path != g.Name {
		parts := strings.Split(path, pathDelimiter)
		last = strings.TrimSpace(parts[len(parts)-1])
		if above := strings.Join(parts[:len(parts)-1], pathDelimiter); above != "" {
			id, ok := t.byPath[strings.ToLower(above)]
			if !ok {
				return invalid("name", "Name contains invalid path")
			}
			g.ParentID = &id
		} else if !sent {
			g.ParentID = nil
		}
	}
	switch {
	case strings.Contains(last, pathDelimiter):
		return invalid("name_last", "Name last No double colons (::) allowed, reserved delimiter")
	case last == "":
		return invalid("name", "Name can't be blank")
	}
	g.NameLast, g.Name = last, last
	if g.ParentID != nil {
		g.Name = t.byID[*g.ParentID].Name + pathDelimiter + last
	}
	return t.checkDepth(*g)
}

// checkDepth refuses a place so deep that the group or one below it lies too deep, and one below
// the group itself, which is no place at all.
func (t tree) checkDepth(g desk.Group) error {
	above := 1
	for parent := g.ParentID; parent != nil; parent = t.byID[*parent].ParentID {
		above++
		if *parent == g.ID && g.ID != 0 || above > maxGroupDepth {
			return errTooDeep
		}
	}
	if g.ID != 0 && above+t.height(g.ID, maxGroupDepth) > maxGroupDepth {
		return errTooDeep
	}
	return nil
}

var errTooDeep = &desk.InvalidError{Field: "parent_id", Reason: "This group or its children exceed the allowed nesting depth."}

// height is how many levels lie below a group, counted no further than limit.
func (t tree) height(id desk.GroupID, limit int) int {
	highest := 0
	for _, g := range t.byID {
		if limit > 0 && g.ParentID != nil && *g.ParentID == id {
			highest = max(highest, 1+t.height(g.ID, limit-1))
		}
	}
	return highest
}
