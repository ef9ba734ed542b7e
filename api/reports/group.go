package reports

import (
	"maps"
	"slices"
	"strconv"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// group is the attribute by which tickets move.
const group = "ticket.group_id"

// apart takes out of a condition what it says of the group that a ticket is in now, as far as all of the
// condition has to hold. Groups is nil where it says nothing of them.
func apart(condition map[string]any) (others map[string]any, groups []desk.GroupID, without bool) {
	parts, tree := condition["conditions"].([]any)
	if !tree {
		compared, _ := condition[group].(map[string]any)
		groups, without = groupsIn(compared)
		if groups == nil {
			return condition, nil, false
		}
		others = maps.Clone(condition)
		delete(others, group)
		return others, groups, without
	}
	if condition["operator"] != "AND" {
		return condition, nil, false
	}
	for i, part := range parts {
		compared, _ := part.(map[string]any)
		if compared["name"] != group {
			continue
		}
		if groups, without = groupsIn(compared); groups != nil {
			others = maps.Clone(condition)
			others["conditions"] = slices.Delete(slices.Clone(parts), i, i+1)
			return others, groups, without
		}
	}
	return condition, nil, false
}

// groupsIn reads a comparison with ids of groups.
func groupsIn(compared map[string]any) (groups []desk.GroupID, without bool) {
	switch compared["operator"] {
	case "is", "is any of":
	case "is not", "is none of":
		without = true
	default:
		return nil, false
	}
	for _, value := range rest.Params(compared).List("value") {
		if number, isNumber := value.(float64); isNumber {
			value = strconv.FormatInt(int64(number), 10)
		}
		if id, ok := rest.NumberOf(value); ok {
			groups = append(groups, desk.GroupID(id))
		}
	}
	return groups, without
}
