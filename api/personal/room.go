// Package personal answers what somebody asks about what is theirs alone: open tabs, what they
// looked at, what others did, what there is to know.
package personal

import (
	"postroom/api/people"
	"postroom/api/rest"
	"postroom/api/shown"
)

// Room answers requests about what is somebody's own.
type Room struct {
	*rest.House
	people *people.Room
	shown  *shown.Tickets
}

// New returns a Room of a house. People and tickets are shown as other rooms show them.
func New(house *rest.House, people *people.Room, shown *shown.Tickets) *Room {
	return &Room{house, people, shown}
}

// Classes of records besides those that desk names.
const (
	classUser         = "User"
	classOrganization = "Organization"
)

// named are records by class and id, as views, activities and notifications name them.
type named map[string]rest.Set[int64]

func (n named) add(class string, id int64) {
	if n[class] == nil {
		n[class] = rest.Set[int64]{}
	}
	n[class].Add(id)
}

func idsOf[T ~int64](n named, class string) []T {
	ids := make([]T, 0, len(n[class]))
	for id := range n[class] {
		ids = append(ids, T(id))
	}
	return ids
}
