package history

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"postroom/internal/desk"
)

// UserRights are what a user holds through ties to other records, with the names of these.
type UserRights struct {
	Roles         map[desk.RoleID]string
	Organizations map[desk.OrganizationID]string // secondary ones
	Groups        map[desk.GroupID]string        // names with the levels of access
}

// RightsChanges is what the history notes when a user is given or loses roles, secondary
// organizations or access to groups: a line for each.
func RightsChanges(user desk.UserID, before, after UserRights, by desk.UserID) []desk.Change {
	return slices.Concat(
		tiesChanges(user, "role", before.Roles, after.Roles, by),
		tiesChanges(user, "organizations", before.Organizations, after.Organizations, by),
		tiesChanges(user, "group", before.Groups, after.Groups, by),
	)
}

// tiesChanges compares what a user is tied to. What has another name than before, such as a group
// with other levels of access, is a change of it.
func tiesChanges[ID cmp.Ordered](user desk.UserID, attribute string, before, after map[ID]string, by desk.UserID) []desk.Change {
	all := maps.Clone(before)
	if all == nil {
		all = map[ID]string{}
	}
	maps.Copy(all, after)
	var changes []desk.Change
	for _, id := range slices.Sorted(maps.Keys(all)) {
		from, had := before[id]
		to, has := after[id]
		change := desk.Change{Object: "User", OID: int64(user), Type: "updated", Attribute: attribute, ValueFrom: from, ValueTo: to, By: by}
		switch {
		case from == to && had == has:
			continue
		case !had:
			change.Type = "added"
		case !has:
			change.Type = "removed"
		}
		changes = append(changes, change)
	}
	return changes
}

// AccessName is access to a group as the history shows it: Users (read, change).
func AccessName(group string, levels []desk.Access) string {
	texts := make([]string, len(levels))
	for i, level := range levels {
		texts[i] = string(level)
	}
	slices.Sort(texts)
	return desk.Cut(group+" ("+strings.Join(texts, ", ")+")", maxValue)
}
