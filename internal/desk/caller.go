package desk

import (
	"slices"
	"strings"
)

// Access is what somebody may do with the tickets of a group. AccessFull contains all others.
type Access string

// The levels of access.
const (
	AccessRead     Access = "read"
	AccessCreate   Access = "create"
	AccessChange   Access = "change"
	AccessOverview Access = "overview"
	AccessFull     Access = "full"
)

// GroupAccess is somebody's levels of access by group.
type GroupAccess map[GroupID][]Access

// Caller is who makes a request and what this person may do, at the moment of the request.
type Caller struct {
	User            User
	RoleIDs         []RoleID
	OrganizationIDs []OrganizationID // secondary ones
	Shared          []OrganizationID // those, the primary one included, whose members share their tickets
	Permissions     []string         // of the active roles
	Inactive        []string         // permissions that are switched off: nobody holds them
	Groups          GroupAccess      // active groups, own and through roles
	Token           *TokenLimit      // nil: not called through a token
}

// TokenLimit is what an access token may be used for: never for more than its owner may do.
type TokenLimit struct {
	ID          TokenID
	Permissions []string
}

// Can reports whether the caller holds any of the permissions; called through a token, the token
// must hold it too. An entry a+b asks for both, a.* for any permission below a.
func (c *Caller) Can(anyOf ...string) bool {
	return slices.ContainsFunc(anyOf, func(entry string) bool {
		for permission := range strings.SplitSeq(entry, "+") {
			if !c.UserCan(permission) || c.Token != nil && !c.tokenCan(permission) {
				return false
			}
		}
		return true
	})
}

// UserCan is Can without the limit of a token: what the person may do. Visibility of records and
// group access depend on the person alone.
func (c *Caller) UserCan(anyOf ...string) bool {
	return slices.ContainsFunc(anyOf, func(entry string) bool {
		for permission := range strings.SplitSeq(entry, "+") {
			if slices.Contains(c.Inactive, permission) || !holds(c.Permissions, permission) {
				return false
			}
		}
		return true
	})
}

// tokenCan reports whether a permission is held by both the token and its owner.
func (c *Caller) tokenCan(permission string) bool {
	parent, wildcard := strings.CutSuffix(permission, ".*")
	if !wildcard {
		return holds(c.Token.Permissions, permission)
	}
	// Both must hold one and the same permission below the parent.
	below := func(p string) bool { return p == parent || strings.HasPrefix(p, parent+".") }
	for _, p := range slices.Concat(c.Permissions, c.Token.Permissions) {
		if below(p) && holds(c.Permissions, p) && holds(c.Token.Permissions, p) {
			return true
		}
	}
	return false
}

// holds reports whether one of held is the permission asked for or a parent of it.
func holds(held []string, asked string) bool {
	if parent, ok := strings.CutSuffix(asked, ".*"); ok {
		return slices.ContainsFunc(held, func(p string) bool { return p == parent || strings.HasPrefix(p, parent+".") })
	}
	return slices.ContainsFunc(held, func(p string) bool { return p == asked || strings.HasPrefix(asked, p+".") })
}

// Sees reports whether the caller is shown records whole. Everybody else, customers above all,
// gets them cut.
func (c *Caller) Sees() bool { return c.UserCan("ticket.agent", "admin.*") }

// HasAccess reports whether the caller may do this with the tickets of a group. It takes
// permission ticket.agent for granted: without it Groups is empty.
func (c *Caller) HasAccess(group GroupID, level Access) bool {
	levels := c.Groups[group]
	return slices.Contains(levels, level) || slices.Contains(levels, AccessFull)
}

// GroupsWith lists the groups in which the caller may do this, smallest id first.
func (c *Caller) GroupsWith(level Access) []GroupID {
	groups := []GroupID{} // not nil: nil would be no restriction to SQL's ANY
	for id := range c.Groups {
		if c.HasAccess(id, level) {
			groups = append(groups, id)
		}
	}
	slices.Sort(groups)
	return groups
}

// Organizations lists the caller's organizations, the primary one first.
func (c *Caller) Organizations() []OrganizationID {
	all := []OrganizationID{}
	if c.User.OrganizationID != nil {
		all = append(all, *c.User.OrganizationID)
	}
	return append(all, c.OrganizationIDs...)
}

// ValidAccess refuses levels that don't exist, and full beside others. whose is User or Role.
func (g GroupAccess) ValidAccess(whose string) error {
	all := []Access{AccessRead, AccessCreate, AccessChange, AccessOverview, AccessFull}
	for _, levels := range g {
		for _, level := range levels {
			if !slices.Contains(all, level) {
				return &InvalidError{Field: "group_ids", Reason: "Access is not included in the list"}
			}
		}
		if len(levels) > 1 && slices.Contains(levels, AccessFull) {
			return &InvalidError{Field: "group_ids", Reason: "Access " + whose + " can have full or granular access to group"}
		}
	}
	return nil
}
