package kb

import (
	"cmp"
	"slices"

	"postroom/internal/desk"
)

// Access is how much of a category somebody has. Each contains those before it.
type Access int

// The levels of access.
const (
	None   Access = iota
	Public        // what is published
	Reader        // what is internal, too
	Editor        // everything, to change it
)

// String is the level as clients know it.
func (a Access) String() string {
	switch a {
	case Editor:
		return "editor"
	case Reader:
		return "reader"
	}
	return "none"
}

// AccessNamed is the level that clients call so.
func AccessNamed(name string) (Access, bool) {
	for _, level := range []Access{Editor, Reader, None} {
		if level.String() == name {
			return level, true
		}
	}
	return None, false
}

// Grant says how much of a knowledge base, or of a category of it, a role has.
type Grant struct {
	ID         GrantID
	CategoryID *CategoryID // nil: the knowledge base
	RoleID     desk.RoleID
	Access     Access
}

// Role is a role whose people may read or write knowledge bases.
type Role struct {
	ID     desk.RoleID
	Name   string
	Editor bool
	Reader bool
}

func (r Role) usual() Access {
	if r.Editor {
		return Editor
	}
	return Reader
}

// Tree is the frame of a knowledge base: what there is but for its answers, and who may do what.
type Tree struct {
	Base       Base
	Locales    []Locale
	Categories map[CategoryID]Category
	Grants     []Grant
	Roles      []Role
}

// Up lists a category and those it is in, the outermost last.
func (t *Tree) Up(id CategoryID) []Category {
	var up []Category
	for next := &id; next != nil && len(up) <= len(t.Categories); {
		category, known := t.Categories[*next]
		if !known {
			break
		}
		up = append(up, category)
		next = category.ParentID
	}
	return up
}

// Within reports whether a category is another one, or somewhere in it.
func (t *Tree) Within(id, outer CategoryID) bool {
	return slices.ContainsFunc(t.Up(id), func(c Category) bool { return c.ID == outer })
}

// Children are the categories in another one, or the outermost ones, in their order.
func (t *Tree) Children(parent *CategoryID) []Category {
	children := []Category{}
	for _, c := range t.Categories {
		if samePlace(c.ParentID, parent) {
			children = append(children, c)
		}
	}
	slices.SortFunc(children, func(a, b Category) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	return children
}

func samePlace[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// GrantsOf are the grants for a category, or for the whole knowledge base, themselves.
func (t *Tree) GrantsOf(category *CategoryID) []Grant {
	own := []Grant{}
	for _, g := range t.Grants {
		if samePlace(g.CategoryID, category) {
			own = append(own, g)
		}
	}
	return own
}

// RoleAccess is how much of a category, or of a whole knowledge base, a role has. A grant takes
// away and never gives: a category is as closed as whatever it is in.
func (t *Tree) RoleAccess(role Role, category *CategoryID) Access {
	access := role.usual()
	around := map[CategoryID]bool{}
	if category != nil {
		for _, c := range t.Up(*category) {
			around[c.ID] = true
		}
	}
	for _, g := range t.Grants {
		if g.RoleID == role.ID && (g.CategoryID == nil || around[*g.CategoryID]) {
			access = min(access, g.Access)
		}
	}
	return access
}

// Access is how much of a category, or of a whole knowledge base, somebody has: the most that any
// role gives, and no more than the permissions of a token.
func (t *Tree) Access(who *desk.Caller, category *CategoryID) Access {
	access := None
	if who == nil || !who.Can("knowledge_base.*") {
		return access
	}
	for _, role := range t.Roles {
		if slices.Contains(who.RoleIDs, role.ID) {
			access = max(access, t.RoleAccess(role, category))
		}
	}
	if access == Editor && !who.Can("knowledge_base.editor") {
		return Reader
	}
	return access
}

// Shows is how much of a category somebody sees. Where knowledge bases are open to everybody, those
// see what is published who are given nothing else; who may be nil.
func (t *Tree) Shows(who *desk.Caller, category CategoryID, open bool) Access {
	if who != nil && who.Can("knowledge_base.*") {
		return t.Access(who, &category)
	}
	if open && t.Base.Active {
		return Public
	}
	return None
}
