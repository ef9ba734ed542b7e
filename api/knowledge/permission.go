package knowledge

import (
	"context"
	"net/http"
	"strconv"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store"
)

// scope is what permissions are for: a category, or the whole knowledge base.
type scope func(v *visit) (*kb.CategoryID, error)

func wholeBase(v *visit) (*kb.CategoryID, error) { return nil, v.may(editor, nil) }

func oneCategory(r *http.Request) scope {
	return func(v *visit) (*kb.CategoryID, error) {
		category, err := v.category(r, editor)
		return &category.ID, err
	}
}

func (s *Room) showBasePermissions(w http.ResponseWriter, r *http.Request) error {
	return s.showPermissions(w, r, wholeBase)
}

func (s *Room) showCategoryPermissions(w http.ResponseWriter, r *http.Request) error {
	return s.showPermissions(w, r, oneCategory(r))
}

func (s *Room) setBasePermissions(w http.ResponseWriter, r *http.Request) error {
	return s.setPermissions(w, r, wholeBase)
}

func (s *Room) setCategoryPermissions(w http.ResponseWriter, r *http.Request) error {
	return s.setPermissions(w, r, oneCategory(r))
}

func (s *Room) showPermissions(w http.ResponseWriter, r *http.Request, of scope) error {
	v, err := s.enter(r)
	if err != nil {
		return err
	}
	category, err := of(v)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, v.permissions(category))
}

// permissions shows who may do what in a category, or the whole knowledge base, and why.
func (v *visit) permissions(category *kb.CategoryID) rest.Record {
	readers, editors := []rest.Record{}, []rest.Record{}
	for _, role := range v.tree.Roles {
		named := rest.Record{{"id", role.ID}, {"name", role.Name}}
		if role.Editor {
			editors = append(editors, named)
		} else {
			readers = append(readers, named)
		}
	}
	inherited := []rest.Record{}
	if category != nil {
		parent := v.tree.Categories[*category].ParentID
		for _, role := range v.tree.Roles {
			inherited = append(inherited, rest.Record{{"role_id", role.ID}, {"access", v.tree.RoleAccess(role, parent).String()}})
		}
	}
	own := []rest.Record{}
	for _, g := range v.tree.GrantsOf(category) {
		own = append(own, grantRecord(g))
	}
	return rest.Record{{"roles_reader", readers}, {"roles_editor", editors}, {"permissions", own}, {"inherited", inherited}}
}

func (s *Room) setPermissions(w http.ResponseWriter, r *http.Request, of scope) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	var after *visit
	var at *kb.CategoryID
	err = s.change(r, func(ctx context.Context, tx *store.Store, v *visit) error {
		if at, err = of(v); err != nil {
			return err
		}
		access, err := v.accessSent(p)
		if err != nil {
			return err
		}
		if err := tx.SetKBGrants(ctx, v.tree.Base.ID, at, access); err != nil {
			return err
		}
		tree, err := tx.LockKBTree(ctx, v.tree.Base.ID)
		if err != nil {
			return err
		}
		after = &visit{v.who, tree}
		if after.may(editor, at) != nil {
			return rest.Invalid("permissions", "This permission change would take your own access away.")
		}
		return nil
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, after.permissions(at))
}

// accessSent reads what each role is to have. What a role may not have anyway is refused.
func (v *visit) accessSent(p rest.Params) (map[desk.RoleID]kb.Access, error) {
	const key = "permissions"
	dialog, _ := p.Object("permissions_dialog")
	sent, ok := rest.Params(dialog).Object(key)
	if !ok {
		if sent, ok = p.Object(key); !ok {
			return nil, rest.Invalid(key, "The required parameter 'permissions_dialog' is missing.")
		}
	}
	roles := map[desk.RoleID]kb.Role{}
	for _, role := range v.tree.Roles {
		roles[role.ID] = role
	}
	access := map[desk.RoleID]kb.Access{}
	for name, value := range sent {
		id, err := strconv.ParseInt(name, 10, 64)
		role, known := roles[desk.RoleID(id)]
		if err != nil || !known {
			return nil, rest.Invalid(key, "No value found for 'roles' with id %s", rest.Literal(name))
		}
		text, _ := value.(string)
		level, known := kb.AccessNamed(text)
		if !known || level == editor && !role.Editor {
			return nil, rest.InvalidParam(key, value)
		}
		access[role.ID] = level
	}
	return access, nil
}
