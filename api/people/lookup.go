package people

import (
	"context"
	"errors"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/directory"
)

// OrganizationNamed finds the organization a client named: by organization_id, else by its name.
// Without one it is nil; sent tells a null id from silence.
func OrganizationNamed(ctx context.Context, tx *store.Store, p rest.Params) (id *desk.OrganizationID, sent bool, err error) {
	const relation, key = "organization", "organization_id"
	if p.ByID(relation) {
		wanted, err := rest.IDIn[desk.OrganizationID](p, key)
		if err != nil || wanted == 0 {
			return nil, true, err
		}
		known, err := directory.Organizations.Existing(ctx, tx.DB, []desk.OrganizationID{wanted})
		if err == nil && !known[wanted] {
			err = rest.InvalidParam(key, p[key])
		}
		return &wanted, true, err
	}
	if p.Blank(relation) {
		return nil, false, nil
	}
	name := p.Text(relation)
	found, err := directory.Organizations.IDsByName(ctx, tx.DB, []string{name})
	wanted, known := found[name]
	if err == nil && !known {
		err = rest.Invalid(relation, "No lookup value found for '%s': %s", relation, rest.Literal(p[relation]))
	}
	return &wanted, true, err
}

// accessSent reads access to groups: group_ids by id, then groups by name, which overrides it. A
// plain list of groups means full access to each.
func accessSent(p rest.Params, c *desk.Catalog) (access desk.GroupAccess, sent bool, err error) {
	byName := func(name string) (desk.GroupID, bool) {
		for id, group := range c.Groups {
			if group.Name == name {
				return id, true
			}
		}
		return 0, false
	}
	byID := func(text string) (desk.GroupID, bool) {
		n, ok := rest.NumberOf(text)
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
		if !p.Has(from.key) || p[from.key] == nil {
			continue
		}
		wanted, isMap := p.Object(from.key)
		if !isMap {
			wanted = map[string]any{}
			for _, value := range p.List(from.key) {
				text, _ := rest.TextOf(value)
				wanted[text] = string(desk.AccessFull)
			}
		}
		access, sent = desk.GroupAccess{}, true
		for text, levels := range wanted {
			id, ok := from.group(text)
			if !ok {
				return nil, true, rest.Invalid(from.key, from.text, text)
			}
			for _, level := range rest.Texts(rest.Params{"levels": levels}, "levels") {
				access[id] = append(access[id], desk.Access(level))
			}
		}
	}
	return access, sent, nil
}

func UserNamed(ctx context.Context, people *store.Store, p rest.Params, relation string) (user *desk.User, sent bool, err error) {
	key := relation + "_id"
	if p.ByID(relation) {
		id, err := rest.IDIn[desk.UserID](p, key)
		if err != nil || id == 0 {
			return nil, true, err
		}
		found, err := people.User(ctx, id)
		if errors.Is(err, desk.ErrNotFound) {
			err = rest.InvalidParam(key, p[key])
		}
		return &found, true, err
	}
	if p.Blank(relation) {
		return nil, false, nil
	}
	name, isText := p[relation].(string)
	if !isText {
		return nil, true, rest.Invalid(relation, "String is needed as ref value %s for '%s'", rest.Literal(p[relation]), relation)
	}
	found, err := people.UserNamed(ctx, name)
	if err == nil && found == nil {
		err = rest.Invalid(relation, "No lookup value found for '%s': %s", relation, rest.Literal(name))
	}
	return found, true, err
}
