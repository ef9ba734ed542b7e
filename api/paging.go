package api

import (
	"net/http"
	"strings"

	"postroom/internal/store"
)

// paging is how many records a list has at most, unless or even if asked for more.
type paging struct{ usual, most int }

var (
	indexPages  = paging{usual: 500, most: 1000}
	userPages   = paging{usual: 100, most: 1000}
	ticketPages = paging{usual: 100, most: 100}
	searchPages = paging{usual: 50, most: 200}
)

// maxOffset bounds how far a list can be paged; beyond it a client pages for ever.
const maxOffset = 1 << 40

// page reads page and per_page, which has the older name limit.
func (d paging) page(p params) (store.Page, error) {
	size, number := int64(d.usual), int64(1)
	for _, key := range []string{"per_page", "limit"} {
		if p.blank(key) {
			continue
		}
		n, ok := numberOf(p[key])
		if !ok || n < 1 {
			return store.Page{}, invalidParam(key, p[key])
		}
		size = min(n, int64(d.most))
		break
	}
	if !p.blank("page") {
		n, ok := numberOf(p["page"])
		if !ok || n < 1 {
			return store.Page{}, invalidParam("page", p["page"])
		}
		number = min(n, maxOffset/size)
	}
	return store.Page{Limit: int(size), Offset: int((number - 1) * size)}, nil
}

// order is a column to sort by.
type order = store.Order

// ordering reads sort_by and order_by: lists of columns and directions, by comma or as arrays.
// columns are those that may be sorted by.
func ordering(p params, columns []string, descending bool) ([]order, error) {
	var orders []order
	directions := texts(p, "order_by")
	for i, column := range texts(p, "sort_by") {
		if !contains(columns, column) {
			return nil, invalid("sort_by", "Found invalid column '%s' for sorting.", column)
		}
		switch {
		case i < len(directions):
			switch strings.ToLower(directions[i]) {
			case "asc":
				orders = append(orders, order{Column: column})
			case "desc":
				orders = append(orders, order{Column: column, Descending: true})
			default:
				return nil, invalid("order_by", "Found invalid order by value %s. Please use 'asc' or 'desc'.", directions[i])
			}
		case i == 0:
			orders = append(orders, order{Column: column, Descending: descending})
		}
	}
	return orders, nil
}

func texts(p params, key string) []string {
	var all []string
	for _, value := range p.list(key) {
		text, _ := textOf(value)
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// shape is how records are wanted.
type shape int

const (
	shapePlain shape = iota
	shapeExpand
	shapeFull
)

// shapeOf reads expand and full; expand is looked at first.
func shapeOf(p params) shape {
	switch {
	case p.flag("expand"):
		return shapeExpand
	case p.flag("full"):
		return shapeFull
	}
	return shapePlain
}

// listParams reads what every list takes.
func listParams(r *http.Request, d paging) (params, store.Page, error) {
	p, err := readParams(r)
	if err != nil {
		return nil, store.Page{}, err
	}
	page, err := d.page(p)
	return p, page, err
}
