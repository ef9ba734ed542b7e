package desk

import (
	"cmp"
	"slices"
)

// KBAccess is how much of a category somebody has. Each contains those before it.
type KBAccess int

// The levels of access.
const (
	KBNone   KBAccess = iota
	KBPublic          // what is published
	KBReader          // what is internal, too
	KBEditor          // everything, to change it
)

// String is the level as clients know it.
func (a KBAccess) String() string {
	switch a {
	case KBEditor:
		return "editor"
	case KBReader:
		return "reader"
	}
	return "none"
}

// KBAccessNamed is the level that clients call so.
func KBAccessNamed(name string) (KBAccess, bool) {
	for _, level := range []KBAccess{KBEditor, KBReader, KBNone} {
		if level.String() == name {
			return level, true
		}
	}
	return KBNone, false
}

// KBGrant says how much of a knowledge base, or of a category of it, a role has.
type KBGrant struct {
	ID         KBGrantID
	CategoryID *KBCategoryID // nil: the knowledge base
	RoleID     RoleID
	Access     KBAccess
}

// KBRole is a role whose people may read or write knowledge bases.
type KBRole struct {
	ID     RoleID
	Name   string
	Editor bool
	Reader bool
}

func (r KBRole) usual() KBAccess {
	if r.Editor {
		return KBEditor
	}
	return KBReader
}

// KBTree is the frame of a knowledge base: what there is but for its answers, and who may do what.
type KBTree struct {
	Base       KnowledgeBase
	Locales    []KBLocale
	Categories map[KBCategoryID]KBCategory
	Grants     []KBGrant
	Roles      []KBRole
}

// Up lists a category and those it is in, the outermost last.
func (t *KBTree) Up(id KBCategoryID) []KBCategory {
	var up []KBCategory
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
func (t *KBTree) Within(id, outer KBCategoryID) bool {
	return slices.ContainsFunc(t.Up(id), func(c KBCategory) bool { return c.ID == outer })
}

// Children are the categories in another one, or the outermost ones, in their order.
func (t *KBTree) Children(parent *KBCategoryID) []KBCategory {
	children := []KBCategory{}
	for _, c := range t.Categories {
		if samePlace(c.ParentID, parent) {
			children = append(children, c)
		}
	}
	slices.SortFunc(children, func(a, b KBCategory) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	return children
}

func samePlace[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// GrantsOf are the grants for a category, or for the whole knowledge base, themselves.
func (t *KBTree) GrantsOf(category *KBCategoryID) []KBGrant {
	own := []KBGrant{}
	for _, g := range t.Grants {
		if samePlace(g.CategoryID, category) {
			own = append(own, g)
		}
	}
	return own
}

// RoleAccess is how much of a category, or of a whole knowledge base, a role has. A grant takes
// away and never gives: a category is as closed as whatever it is in.
func (t *KBTree) RoleAccess(role KBRole, category *KBCategoryID) KBAccess {
	access := role.usual()
	around := map[KBCategoryID]bool{}
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
func (t *KBTree) Access(who *Caller, category *KBCategoryID) KBAccess {
	access := KBNone
	if who == nil || !who.Can("knowledge_base.*") {
		return access
	}
	for _, role := range t.Roles {
		if slices.Contains(who.RoleIDs, role.ID) {
			access = max(access, t.RoleAccess(role, category))
		}
	}
	if access == KBEditor && !who.Can("knowledge_base.editor") {
		return KBReader
	}
	return access
}

// Shows is how much of a category somebody sees. Where knowledge bases are open to everybody, those
// see what is published who are given nothing else; who may be nil.
func (t *KBTree) Shows(who *Caller, category KBCategoryID, open bool) KBAccess {
	if who != nil && who.Can("knowledge_base.*") {
		return t.Access(who, &category)
	}
	if open && t.Base.Active {
		return KBPublic
	}
	return KBNone
}
