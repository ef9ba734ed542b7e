package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/installation"
)

var user = recordKind{
	table: "users", name: "login", needs: []string{"login"},
	attributes: map[string]jsonType{
		"firstname": aText, "lastname": aText, "web": aText, "phone": aText, "fax": aText, "mobile": aText,
		"department": aText, "street": aText, "zip": aText, "city": aText, "country": aText, "address": aText,
		"vip": aSwitch, "verified": aSwitch, "active": aSwitch, "note": aText, "preferences": anyJSON,
	},
	defaults: installation.Record{"verified": true},
	relations: map[string]relation{
		"login":            lowerCase("login"),
		"email":            lowerCase("email"),
		"password":         password,
		"organization":     reference("organizations", "name", "organization_id"),
		"organization_id":  reference("organizations", "", "organization_id"),
		"roles":            nothing, // these belong to other tables: see users
		"role_ids":         nothing,
		"groups":           nothing,
		"group_ids":        nothing,
		"organizations":    nothing,
		"organization_ids": nothing,
	},
}

func nothing(*wizard, context.Context, string, int64, any, installation.Record) error { return nil }

func password(_ *wizard, _ context.Context, where string, _ int64, value any, record installation.Record) error {
	text, ok := value.(string)
	if !ok {
		return invalid(where, "has to be %s", aText)
	}
	hash, err := credential.HashPassword(text)
	if err != nil {
		return invalid(where, "%v", err)
	}
	record["password"] = hash
	return nil
}

// users come with their roles at once, and with access to groups when those exist.
func (w *wizard) users(ctx context.Context, value json.RawMessage) error {
	list, err := objects("Users", value)
	if err != nil {
		return err
	}
	for i, attributes := range list {
		if err := w.user(ctx, fmt.Sprintf("Users[%d]", i), attributes); err != nil {
			return err
		}
	}
	return nil
}

func (w *wizard) user(ctx context.Context, where string, attributes map[string]any) error {
	attributes, err := w.known(ctx, attributes)
	if err != nil {
		return err
	}
	number, err := w.put(ctx, where, user, attributes)
	if err != nil {
		return err
	}
	id := desk.UserID(number)
	first := w.first == 0
	if first {
		w.first, w.by = id, id
	}
	if err := w.roles(ctx, where, id, attributes, first); err != nil {
		return err
	}
	organizations, err := w.ids(ctx, where, "organizations", attributes, "organizations", "organization_ids")
	if err != nil {
		return err
	}
	if err := w.tx.InsertMissing(ctx, "organizations_users", pairs("user_id", id, "organization_id", organizations)); err != nil {
		return explain(where, "", err)
	}
	w.later = append(w.later, func(ctx context.Context) error { return w.access(ctx, where, id, attributes, first) })
	return nil
}

// known completes what recognises a user: the login is the mail address unless given, and somebody
// with this address is this user.
func (w *wizard) known(ctx context.Context, attributes map[string]any) (map[string]any, error) {
	email, _ := attributes["email"].(string)
	if email = strings.TrimSpace(email); email == "" {
		return attributes, nil
	}
	attributes = maps.Clone(attributes)
	id, err := w.tx.RecordID(ctx, "users", "email", email)
	if err == nil && attributes["id"] == nil {
		attributes["id"] = float64(id)
	} else if err != nil && !errors.Is(err, desk.ErrNotFound) {
		return nil, err
	}
	if attributes["login"] == nil {
		attributes["login"] = email
	}
	return attributes, nil
}

// roles gives those that are named; else the first user becomes administrator and agent, others
// get the roles of people who sign up.
func (w *wizard) roles(ctx context.Context, where string, id desk.UserID, attributes map[string]any, first bool) error {
	roles, err := w.ids(ctx, where, "roles", attributes, "roles", "role_ids")
	if err != nil {
		return err
	}
	if roles == nil && first {
		roles, err = roleIDs(ctx, w.tx, firstRoles)
	} else if roles == nil {
		roles, err = w.tx.SignupRoleIDs(ctx)
	}
	if err != nil {
		return explain(where, "", err)
	}
	if err := w.tx.InsertMissing(ctx, "roles_users", pairs("user_id", id, "role_id", roles)); err != nil {
		return explain(where, "", err)
	}
	return w.tx.WelcomeAgents(ctx, id)
}

// access gives what groups says: names for full access, or an object of names and levels. The first
// user gets everything unless told otherwise.
func (w *wizard) access(ctx context.Context, where string, id desk.UserID, attributes map[string]any, first bool) error {
	for _, key := range []string{"groups", "group_ids"} {
		levels, ok := attributes[key].(map[string]any)
		if !ok {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(levels)) {
			at := where + "." + key + "." + name
			groupID, err := w.idOf(ctx, at, "groups", "name", numberOr(name, key == "group_ids"))
			if err != nil {
				return err
			}
			for _, level := range texts(levels[name]) {
				if err := grant(ctx, w.tx, id, []int64{groupID}, desk.Access(level)); err != nil {
					return explain(at, "", err)
				}
			}
		}
		return nil
	}
	groups, err := w.ids(ctx, where, "groups", attributes, "groups", "group_ids")
	if groups == nil && first && err == nil {
		groups, err = w.tx.ActiveIDs(ctx, "groups")
	}
	if err != nil {
		return err
	}
	return explain(where, "", grant(ctx, w.tx, id, groups, desk.AccessFull))
}

// ids finds the records named in the first of two attributes that is given; nil: neither is.
func (w *wizard) ids(ctx context.Context, where, table string, attributes map[string]any, keys ...string) ([]int64, error) {
	for _, key := range keys {
		value, given := attributes[key]
		if !given || value == nil {
			continue
		}
		list, ok := value.([]any)
		if !ok {
			return nil, invalid(where+"."+key, "has to be a list of names or ids")
		}
		ids := []int64{}
		for i, entry := range list {
			id, err := w.idOf(ctx, fmt.Sprintf("%s.%s[%d]", where, key, i), table, "name", entry)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return ids, nil
	}
	return nil, nil
}

// grant gives access to groups.
func grant(ctx context.Context, tx *store.Store, id desk.UserID, groups []int64, level desk.Access) error {
	rows := pairs("user_id", id, "group_id", groups)
	for _, row := range rows {
		row["access"] = level
	}
	return tx.InsertMissing(ctx, "groups_users", rows)
}

func pairs(one string, id desk.UserID, other string, others []int64) []installation.Record {
	rows := make([]installation.Record, len(others))
	for i, v := range others {
		rows[i] = installation.Record{one: id, other: v}
	}
	return rows
}

func roleIDs(ctx context.Context, tx *store.Store, names []string) ([]int64, error) {
	ids := make([]int64, len(names))
	for i, name := range names {
		var err error
		if ids[i], err = tx.RecordID(ctx, "roles", "name", name); err != nil {
			return nil, fmt.Errorf("role %s: %w", name, err)
		}
	}
	return ids, nil
}

// texts takes a text or a list of them.
func texts(value any) []string {
	if list, ok := value.([]any); ok {
		var all []string
		for _, entry := range list {
			all = append(all, texts(entry)...)
		}
		return all
	}
	return []string{strings.TrimSpace(fmt.Sprint(value))}
}

// numberOr reads an object's key as an id where ids are expected.
func numberOr(key string, isID bool) any {
	var n float64
	if isID && json.Unmarshal([]byte(key), &n) == nil {
		return n
	}
	return key
}
