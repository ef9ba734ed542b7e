package api

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// organizationNamed finds the organization a client named: by organization_id, else by its name.
// Without one it is nil; sent tells a null id from silence.
func organizationNamed(ctx context.Context, tx *store.Store, p params) (id *desk.OrganizationID, sent bool, err error) {
	const relation, key = "organization", "organization_id"
	if p.has(key) {
		wanted, err := idIn[desk.OrganizationID](p, key)
		if err != nil || wanted == 0 {
			return nil, true, err
		}
		known, err := store.Organizations.Existing(ctx, tx, []desk.OrganizationID{wanted})
		if err == nil && !known[wanted] {
			err = invalidParam(key, p[key])
		}
		return &wanted, true, err
	}
	if p.blank(relation) {
		return nil, false, nil
	}
	name := p.text(relation)
	found, err := store.Organizations.IDsByName(ctx, tx, []string{name})
	wanted, known := found[name]
	if err == nil && !known {
		err = invalid(relation, "No lookup value found for '%s': %s", relation, literal(p[relation]))
	}
	return &wanted, true, err
}

// directory finds records of one kind by what a client calls them.
type directory[T ~int64] struct {
	existing func(context.Context, []T) (map[T]bool, error)
	named    func(context.Context, []string) (map[string]T, error)
}

func usersIn(tx *store.Store) directory[desk.UserID] {
	return directory[desk.UserID]{tx.ExistingUsers, tx.UserIDsByName}
}

func recordsIn[T any, ID ~int64](tx *store.Store, t *store.Table[T, ID]) directory[ID] {
	return directory[ID]{
		existing: func(ctx context.Context, ids []ID) (map[ID]bool, error) { return t.Existing(ctx, tx, ids) },
		named:    func(ctx context.Context, names []string) (map[string]ID, error) { return t.IDsByName(ctx, tx, names) },
	}
}

// among is a directory of records at hand.
func among[T ~int64, V any](all map[T]V, name func(V) string) directory[T] {
	return directory[T]{
		existing: func(context.Context, []T) (map[T]bool, error) {
			known := make(map[T]bool, len(all))
			for id := range all {
				known[id] = true
			}
			return known, nil
		},
		named: func(context.Context, []string) (map[string]T, error) {
			byName := make(map[string]T, len(all))
			for id, v := range all {
				byName[name(v)] = id
			}
			return byName, nil
		},
	}
}

// idsNamed reads a list of records: x_ids first, then xs with names, which override it. sent tells
// an empty list from silence.
func idsNamed[T ~int64](ctx context.Context, p params, one, many string, in directory[T]) (ids []T, sent bool, err error) {
	if p.has(one + "_ids") {
		sent = true
		if ids, err = idsIn[T](p, one+"_ids"); err != nil {
			return nil, true, err
		}
		known, err := in.existing(ctx, ids)
		if err != nil {
			return nil, true, err
		}
		for _, id := range ids {
			if !known[id] {
				return nil, true, invalid(one+"_ids", "No value found for '%s' with id %d", many, id)
			}
		}
	}
	if !p.has(many) || p[many] == nil {
		return ids, sent, nil
	}
	var wanted []string
	for _, value := range p.list(many) {
		name, isText := value.(string)
		if !isText {
			return nil, true, invalid(many, "No lookup value found for '%s': %s", many, literal(value))
		}
		wanted = append(wanted, name)
	}
	found, err := in.named(ctx, wanted)
	if err != nil {
		return nil, true, err
	}
	ids = nil
	for _, name := range wanted {
		id, ok := found[name]
		if !ok {
			return nil, true, invalid(many, "No lookup value found for '%s': %s", many, literal(name))
		}
		ids = append(ids, id)
	}
	return ids, true, nil
}

// accessSent reads access to groups: group_ids by id, then groups by name, which overrides it. A
// plain list of groups means full access to each.
func accessSent(p params, c *desk.Catalog) (access desk.GroupAccess, sent bool, err error) {
	byName := func(name string) (desk.GroupID, bool) {
		for id, group := range c.Groups {
			if group.Name == name {
				return id, true
			}
		}
		return 0, false
	}
	byID := func(text string) (desk.GroupID, bool) {
		n, ok := numberOf(text)
		_, known := c.Groups[desk.GroupID(n)]
		return desk.GroupID(n), ok && known
	}
	for _, from := range []struct {
		key   string
		group func(string) (desk.GroupID, bool)
		text  string
	}{
		{"group_ids", byID, "No value found for 'groups' with id %s"},
		{"groups", byName, "No lookup value found for 'groups': %q"},
	} {
		if !p.has(from.key) || p[from.key] == nil {
			continue
		}
		wanted, isMap := p.object(from.key)
		if !isMap {
			wanted = map[string]any{}
			for _, value := range p.list(from.key) {
				text, _ := textOf(value)
				wanted[text] = string(desk.AccessFull)
			}
		}
		access, sent = desk.GroupAccess{}, true
		for text, levels := range wanted {
			id, ok := from.group(text)
			if !ok {
				return nil, true, invalid(from.key, from.text, text)
			}
			for _, level := range texts(params{"levels": levels}, "levels") {
				access[id] = append(access[id], desk.Access(level))
			}
		}
	}
	return access, sent, nil
}
