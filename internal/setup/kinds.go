package setup

import (
	"context"
	"fmt"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store/installation"
)

var permission = recordKind{
	table: "permissions", name: "name", needs: []string{"name"}, noStamp: true,
	attributes: map[string]jsonType{
		"name": aText, "label": aText, "description": aText, "preferences": anyJSON, "allow_signup": aSwitch, "active": aSwitch,
	},
	defaults:  installation.Record{"active": true},
	relations: map[string]relation{"note": column("description", aText)},
}

var organization = recordKind{
	table: "organizations", name: "name", needs: []string{"name"},
	attributes: map[string]jsonType{
		"name": aText, "shared": aSwitch, "domain": aText, "domain_assignment": aSwitch, "active": aSwitch, "vip": aSwitch, "note": aText,
	},
}

var channel = recordKind{
	table: "channels", needs: []string{"area"},
	attributes: map[string]jsonType{
		"area": aText, "options": anyJSON, "active": aSwitch, "preferences": anyJSON,
	},
	relations: map[string]relation{"group": channelGroup, "group_id": channelGroup},
}

var emailAddress = recordKind{
	table: "email_addresses", name: "email", needs: []string{"name", "email"},
	attributes: map[string]jsonType{
		"name": aText, "active": aSwitch, "note": aText, "preferences": anyJSON,
	},
	relations: map[string]relation{
		"realname":   column("name", aText),
		"email":      lowerCase("email"),
		"channel_id": reference("channels", "", "channel_id"),
	},
}

var signature = recordKind{
	table: "signatures", name: "name", needs: []string{"name"},
	attributes: map[string]jsonType{"name": aText, "body": aText, "active": aSwitch, "note": aText},
}

var group = recordKind{
	table: "groups", name: "name", needs: []string{"name"},
	attributes: map[string]jsonType{
		"assignment_timeout": aNumber, "follow_up_possible": aText, "reopen_time_in_days": aNumber,
		"follow_up_assignment": aSwitch, "active": aSwitch, "shared_drafts": aSwitch, "note": aText,
	},
	relations: map[string]relation{
		"name":             groupName,
		"signature":        reference("signatures", "name", "signature_id"),
		"signature_id":     reference("signatures", "", "signature_id"),
		"email_address":    reference("email_addresses", "email", "email_address_id"),
		"email_address_id": reference("email_addresses", "", "email_address_id"),
		"parent":           groupParent,
		"parent_id":        groupParent,
		"users":            groupUsers,
	},
}

// column gives an attribute that has another name here.
func column(name string, want jsonType) relation {
	return func(_ *wizard, _ context.Context, where string, _ int64, value any, record installation.Record) error {
		if !want.fits(value) {
			return invalid(where, "has to be %s", want)
		}
		record[name] = value
		return nil
	}
}

// lowerCase gives a column whose texts are compared without case.
func lowerCase(name string) relation {
	return func(_ *wizard, _ context.Context, where string, _ int64, value any, record installation.Record) error {
		text, ok := value.(string)
		if !ok {
			return invalid(where, "has to be %s", aText)
		}
		record[name] = strings.ToLower(strings.TrimSpace(text))
		return nil
	}
}

// reference points to another record, by id or, where it has one, by name.
func reference(table, name, column string) relation {
	return func(w *wizard, ctx context.Context, where string, _ int64, value any, record installation.Record) error {
		if value == nil {
			record[column] = nil
			return nil
		}
		id, err := w.idOf(ctx, where, table, name, value)
		record[column] = id
		return err
	}
}

// idOf finds the record that an id or a name means.
func (w *wizard) idOf(ctx context.Context, where, table, name string, value any) (int64, error) {
	missing := fmt.Sprintf("there is no %v in %s", value, table)
	switch v := value.(type) {
	case float64:
		has, err := w.tx.HasRecord(ctx, table, int64(v))
		if err == nil && !has {
			err = invalid(where, "%s", missing)
		}
		return int64(v), err
	case string:
		if name != "" {
			id, err := w.tx.RecordID(ctx, table, name, strings.TrimSpace(v))
			return id, explain(where, missing, err)
		}
	}
	if name == "" {
		return 0, invalid(where, "has to be an id")
	}
	return 0, invalid(where, "has to be a %s or an id", name)
}

// channelGroup is settled after the groups, which come after the channels.
func channelGroup(w *wizard, _ context.Context, where string, id int64, value any, _ installation.Record) error {
	if value == nil {
		return nil
	}
	w.later = append(w.later, func(ctx context.Context) error {
		groupID, err := w.idOf(ctx, where, "groups", "name", value)
		if err != nil {
			return err
		}
		return w.tx.UpdateRecord(ctx, "channels", id, installation.Record{"group_id": groupID})
	})
	return nil
}

// groupSeparator stands between the names of nested groups.
const groupSeparator = "::"

// groupName takes a whole path, as in Sales::North; the parent must exist.
func groupName(w *wizard, ctx context.Context, where string, _ int64, value any, record installation.Record) error {
	path, ok := value.(string)
	if !ok || strings.TrimSpace(path) == "" {
		return invalid(where, "has to be %s", aText)
	}
	path = strings.TrimSpace(path)
	record["name"], record["name_last"] = path, path
	cut := strings.LastIndex(path, groupSeparator)
	if cut < 0 {
		return nil
	}
	parent, err := w.idOf(ctx, where, "groups", "name", path[:cut])
	record["name_last"], record["parent_id"] = path[cut+len(groupSeparator):], parent
	return err
}

// groupParent puts a group named by its last name below another. It runs after groupName, because
// attributes are taken in the order of their names.
func groupParent(w *wizard, ctx context.Context, where string, _ int64, value any, record installation.Record) error {
	last, named := record["name_last"].(string)
	if value == nil || !named || record["parent_id"] != nil {
		return nil
	}
	parent, err := w.idOf(ctx, where, "groups", "name", value)
	if err != nil {
		return err
	}
	path, err := w.tx.RecordName(ctx, "groups", parent)
	record["parent_id"], record["name"] = parent, path+groupSeparator+last
	return err
}

// groupUsers gives people, named by login, full access to a group.
func groupUsers(w *wizard, _ context.Context, where string, id int64, value any, _ installation.Record) error {
	logins, ok := value.([]any)
	if !ok {
		return invalid(where, "has to be a list of logins")
	}
	w.later = append(w.later, func(ctx context.Context) error {
		for i, login := range logins {
			userID, err := w.idOf(ctx, fmt.Sprintf("%s[%d]", where, i), "users", "login", login)
			if err != nil {
				return err
			}
			if err := grant(ctx, w.tx, desk.UserID(userID), []int64{id}, desk.AccessFull); err != nil {
				return err
			}
		}
		return nil
	})
	return nil
}
