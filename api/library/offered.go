package library

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/table"
)

// offer is which records of a table somebody is offered who does not administer them.
type offer[T any, ID ~int64] struct {
	house *rest.House
	table *table.Of[T, ID]
	admin string // the permission that shows all records
	// perGroup is set where a record may be for some groups only.
	perGroup bool
}

// visible offers agents what is in use, and of what is for some groups only what is for one in which
// they write.
func (o offer[T, ID]) visible(r *http.Request) (filter table.Filter[ID], err error) {
	who := rest.Caller(r)
	if who.Can(o.admin) {
		return filter, nil
	}
	filter.OnlyActive = true
	if o.perGroup {
		filter.InGroups = append(who.GroupsWith(desk.AccessChange), who.GroupsWith(desk.AccessCreate)...)
	}
	return filter, nil
}

// see says that there is no such record to whom it is not offered.
func (o offer[T, ID]) see(r *http.Request, v T) (bool, error) {
	if rest.Caller(r).Can(o.admin) {
		return true, nil
	}
	filter, err := o.visible(r)
	if err != nil {
		return false, err
	}
	id := o.table.ID(v)
	filter.IDs = []ID{id}
	n, err := o.table.Count(r.Context(), o.house.Store.DB, filter)
	if err == nil && n == 0 {
		err = &desk.MissingError{Class: o.table.Class, ID: int64(id)}
	}
	return true, err
}
