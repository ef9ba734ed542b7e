package scheduler

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/attribute"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/workspace"
	"postroom/internal/perform"
	"postroom/internal/store"
	"postroom/internal/store/directory"
	"postroom/internal/store/privacy"
	"postroom/internal/template"
)

// forget is the action that has a record forgotten everywhere.
const forget = "data_privacy_deletion_task"

// write is an attribute that gets a value.
type write struct {
	name  string
	value any
}

// writesTo are the attributes of a kind of record that actions set, by their names, and whether the
// record is to be forgotten instead. People and organizations know no other actions.
func writesTo(kind string, actions map[string]any, now time.Time) (writes []write, forgotten bool, err error) {
	for _, key := range slices.Sorted(maps.Keys(actions)) {
		name, ours := strings.CutPrefix(key, kind+".")
		action, _ := actions[key].(map[string]any)
		switch {
		case !ours || action == nil:
			return nil, false, &desk.InvalidError{Field: "perform", Reason: fmt.Sprintf("Unknown action %q for %s", key, kind)}
		case name == "action" && action["value"] == forget:
			return nil, true, nil
		default:
			value, err := perform.Value(action, perform.Actor{Now: now})
			if err != nil {
				return nil, false, err
			}
			writes = append(writes, write{name, value})
		}
	}
	return writes, false, nil
}

func onUser(ctx context.Context, tx *store.Store, v desk.Scheduler, id desk.UserID, c *desk.Catalog, now time.Time) error {
	writes, forgotten, err := writesTo("user", v.Perform, now)
	if err != nil {
		return err
	}
	if forgotten {
		order := desk.DataPrivacyTask{DeletableType: desk.DeletableUser, DeletableID: int64(id)}
		return privacy.Tasks.Insert(ctx, tx.DB, &order, desk.SystemUser)
	}
	before, err := tx.LockUser(ctx, id)
	if err != nil {
		return err
	}
	fill := perform.Texts(ctx, tx, c, v.Localization, v.Timezone, "user", func(h template.House) template.Object { return h.User(before) })
	if err := fillIn(writes, fill); err != nil {
		return err
	}
	u := before
	u.Custom = maps.Clone(before.Custom)
	fields := map[string]any{
		"active": &u.Active, "vip": &u.Vip, "verified": &u.Verified, "note": &u.Note, "web": &u.Web, "phone": &u.Phone, "fax": &u.Fax,
		"mobile": &u.Mobile, "department": &u.Department, "street": &u.Street, "zip": &u.Zip, "city": &u.City, "country": &u.Country,
		"address": &u.Address.Address, "firstname": &u.Firstname, "lastname": &u.Lastname,
		"organization_id": &u.OrganizationID,
	}
	if err := set(writes, fields, &u.Custom, c.CustomAttributes("User")); err != nil {
		return err
	}
	if err := checkOrganization(ctx, tx, u.OrganizationID); err != nil {
		return err
	}
	changes := history.UserChanges(before, u, c, desk.SystemUser)
	if len(changes) == 0 {
		return nil
	}
	u.UpdatedByID = desk.SystemUser
	if err := tx.SaveUser(ctx, &u); err != nil {
		return err
	}
	if err := tx.RecordActivities(ctx, workspace.UserActivity(workspace.ActivityUpdate, id, desk.SystemUser)); err != nil {
		return err
	}
	return tx.AddHistory(ctx, from(changes, v))
}

func onOrganization(ctx context.Context, tx *store.Store, v desk.Scheduler, id desk.OrganizationID, c *desk.Catalog, now time.Time) error {
	writes, forgotten, err := writesTo("organization", v.Perform, now)
	if err != nil {
		return err
	}
	if forgotten {
		return &desk.InvalidError{Field: "perform", Reason: "Organizations can't be forgotten"}
	}
	before, err := directory.Organizations.Lock(ctx, tx.DB, id)
	if err != nil {
		return err
	}
	fill := perform.Texts(ctx, tx, c, v.Localization, v.Timezone, "organization",
		func(h template.House) template.Object { return h.Organization(before) })
	if err := fillIn(writes, fill); err != nil {
		return err
	}
	o := before
	o.Custom = maps.Clone(before.Custom)
	fields := map[string]any{
		"active": &o.Active, "vip": &o.Vip, "shared": &o.Shared, "domain_assignment": &o.DomainAssignment, "domain": &o.Domain, "note": &o.Note,
	}
	if err := set(writes, fields, &o.Custom, c.CustomAttributes("Organization")); err != nil {
		return err
	}
	changes := history.OrganizationChanges(before, o, c, desk.SystemUser)
	if len(changes) == 0 {
		return nil
	}
	o.UpdatedByID = desk.SystemUser
	if err := directory.Organizations.Save(ctx, tx.DB, &o, desk.SystemUser); err != nil {
		return err
	}
	return tx.AddHistory(ctx, from(changes, v))
}

// fillIn fills in the texts among values.
func fillIn(writes []write, fill func(string) (string, error)) (err error) {
	for i, w := range writes {
		if text, isText := w.value.(string); isText && strings.Contains(text, "#{") {
			if writes[i].value, err = fill(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// from says that a scheduler made changes.
func from(changes []desk.Change, v desk.Scheduler) []desk.Change {
	for i := range changes {
		changes[i].Source = desk.ChangeSource{Type: "Job", ID: int64(v.ID), Name: v.Name}
	}
	return changes
}

// set gives attributes their values. Those that administrators added are looked for among custom.
func set(writes []write, fields map[string]any, into *map[string]any, custom []desk.Attribute) error {
	for _, w := range writes {
		switch field := fields[w.name].(type) {
		case *bool:
			*field = w.value == true || w.value == "true"
		case *string:
			*field = strings.TrimSpace(fmt.Sprint(orEmpty(w.value)))
		case **desk.OrganizationID:
			id, err := strconv.ParseInt(fmt.Sprint(orEmpty(w.value)), 10, 64)
			if *field = nil; err == nil {
				*field = new(desk.OrganizationID(id))
			}
		default:
			at := slices.IndexFunc(custom, func(a desk.Attribute) bool { return a.Name == w.name })
			if at < 0 {
				return &desk.InvalidError{Field: "perform", Reason: fmt.Sprintf("Unknown attribute %q", w.name)}
			}
			kept, usable := attribute.Cut(&custom[at], w.value)
			if !usable {
				return &desk.InvalidError{Field: "perform", Reason: fmt.Sprintf("'%v' is no value for attribute %q", w.value, w.name)}
			}
			*into = desk.WithCustom(*into, w.name, kept)
		}
	}
	return nil
}

// checkOrganization refuses an organization that is gone.
func checkOrganization(ctx context.Context, tx *store.Store, id *desk.OrganizationID) error {
	if id == nil {
		return nil
	}
	_, err := directory.Organizations.Get(ctx, tx.DB, *id)
	return err
}

func orEmpty(value any) any {
	if value == nil {
		return ""
	}
	return value
}
