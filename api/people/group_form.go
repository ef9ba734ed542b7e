package people

import (
	"context"
	"slices"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/forms"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
	"postroom/internal/store/catalog"
)

const (
	maxGroupDepth = 10
	maxGroupName  = 160
	pathDelimiter = "::"
)

// readGroup takes what a client sent for a group and finds its place in the tree.
func readGroup(ctx context.Context, tx *store.Store, in *rest.Input, g *desk.Group) error {
	before := *g
	if err := readGroupMail(ctx, tx, in, g); err != nil {
		return err
	}
	in.Int(&g.AssignmentTimeout, "assignment_timeout")
	in.Int(&g.ReopenTimeInDays, "reopen_time_in_days")
	if !in.Params.Blank("follow_up_possible") {
		g.FollowUpPossible = in.Params.Text("follow_up_possible")
		if !slices.Contains([]string{"yes", "new_ticket", "new_ticket_after_certain_time"}, g.FollowUpPossible) {
			in.Keep(rest.Invalid("follow_up_possible", "Invalid value %s for field 'follow_up_possible'!", quoted(in.Params["follow_up_possible"])))
		}
	}
	in.Flag(&g.FollowUpAssignment, "follow_up_assignment")
	in.Flag(&g.Active, "active")
	in.Flag(&g.SharedDrafts, "shared_drafts")
	in.Html(&g.Note, "note", rest.MaxNote)
	in.Custom(&g.Custom, "Group")
	if in.Err != nil {
		return in.Err
	}
	all, err := catalog.Groups.All(ctx, tx.DB)
	if err != nil {
		return err
	}
	if err := place(in.Params, g, groupTree(all)); err != nil {
		return err
	}
	if err := catalog.Groups.CheckName(ctx, tx.DB, g.Name, g.ID); err != nil {
		return err
	}
	if in.Automatic {
		return nil
	}
	usable := map[desk.SignatureID]bool{}
	if g.SignatureID != nil && !sameID(g.SignatureID, before.SignatureID) {
		signature, err := accounts.Signatures.Get(ctx, tx.DB, *g.SignatureID)
		if err != nil {
			return err
		}
		usable[signature.ID] = signature.Active
	}
	return forms.Group(in.Who, before, *g, usable, in.Catalog, time.Now())
}

func quoted(value any) string {
	text, _ := rest.TextOf(value)
	return "'" + text + "'"
}

// readGroupMail takes what mails of a group are sent from and end with.
func readGroupMail(ctx context.Context, tx *store.Store, in *rest.Input, g *desk.Group) error {
	signatures, err := accounts.Signatures.Names(ctx, tx.DB)
	if err != nil {
		return err
	}
	rest.Reference(in, &g.SignatureID, "signature", signatures, rest.Itself)
	addresses, err := accounts.EmailAddresses.Names(ctx, tx.DB)
	if err != nil {
		return err
	}
	rest.Reference(in, &g.EmailAddressID, "email_address", addresses, rest.Itself)
	return nil
}

// tree is the groups by id and by path.
type tree struct {
	byID   map[desk.GroupID]desk.Group
	byPath map[string]desk.GroupID
}

func groupTree(all map[desk.GroupID]desk.Group) tree {
	t := tree{byID: all, byPath: map[string]desk.GroupID{}}
	for id, g := range all {
		t.byPath[strings.ToLower(g.Name)] = id
	}
	return t
}

// place finds a group's place: a path in name, or name_last below parent_id. What was sent back
// unchanged decides nothing.
func place(p rest.Params, g *desk.Group, t tree) error {
	last, path := g.NameLast, rest.Cut(strings.TrimSpace(p.Text("name")), maxGroupName)
	if p.Has("name_last") {
		last = rest.Cut(strings.TrimSpace(p.Text("name_last")), maxGroupName)
	}
	parent, sent, err := rest.Named(p, "parent", t.byID, rest.GroupName)
	if err != nil {
		return err
	}
	if sent {
		g.ParentID = rest.IDOrNil(parent)
	}
	if path != "" && path != g.Name {
		parts := strings.Split(path, pathDelimiter)
		last = strings.TrimSpace(parts[len(parts)-1])
		if above := strings.Join(parts[:len(parts)-1], pathDelimiter); above != "" {
			id, ok := t.byPath[strings.ToLower(above)]
			if !ok {
				return rest.Invalid("name", "Name contains invalid path")
			}
			g.ParentID = &id
		} else if !sent {
			g.ParentID = nil
		}
	}
	switch {
	case strings.Contains(last, pathDelimiter):
		return rest.Invalid("name_last", "Name last No double colons (::) allowed, reserved delimiter")
	case last == "":
		return rest.Invalid("name", "Name can't be blank")
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
