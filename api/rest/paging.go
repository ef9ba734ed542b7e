package rest

import (
	"net/http"
	"strings"

	"postroom/internal/store/table"
)

// Paging is how many records a list has at most, unless or even if asked for more.
type Paging struct{ usual, most int }

var (
	IndexPages  = Paging{usual: 500, most: 1000}
	UserPages   = Paging{usual: 100, most: 1000}
	TicketPages = Paging{usual: 100, most: 100}
	SearchPages = Paging{usual: 50, most: 200}
	GlobalPages = Paging{usual: 10, most: 200}  // of each kind
	ToldPages   = Paging{usual: 200, most: 200} // of notifications
)

// maxOffset bounds how far a list can be paged; beyond it a client pages for ever.
const maxOffset = 1 << 40

// page reads page and per_page, which has the older name limit.
func (d Paging) page(p Params) (table.Page, error) {
	size, number := int64(d.usual), int64(1)
	for _, key := range []string{"per_page", "limit"} {
		if p.Blank(key) {
			continue
		}
		n, ok := NumberOf(p[key])
		if !ok || n < 1 {
			return table.Page{}, InvalidParam(key, p[key])
		}
		size = min(n, int64(d.most))
		break
	}
	if !p.Blank("page") {
		n, ok := NumberOf(p["page"])
		if !ok || n < 1 {
			return table.Page{}, InvalidParam("page", p["page"])
		}
		number = min(n, maxOffset/size)
	}
	return table.Page{Limit: int(size), Offset: int((number - 1) * size)}, nil
}

// Order is a column to sort by.
type Order = table.Order

// NewestFirst is the order of what a search found, where a kind of record has no other.
var NewestFirst = []Order{{Column: "updated_at", Descending: true}}

// Ordering reads sort_by and order_by: lists of columns and directions, by comma or as arrays.
// columns are those that may be sorted by.
func Ordering(p Params, columns []string, descending bool) ([]Order, error) {
	var orders []Order
	directions := Texts(p, "order_by")
	for i, column := range Texts(p, "sort_by") {
		if !contains(columns, column) {
			return nil, Invalid("sort_by", "Found invalid column '%s' for sorting.", column)
		}
		switch {
		case i < len(directions):
			switch strings.ToLower(directions[i]) {
			case "asc":
				orders = append(orders, Order{Column: column})
			case "desc":
				orders = append(orders, Order{Column: column, Descending: true})
			default:
				return nil, Invalid("order_by", "Found invalid order by value %s. Please use 'asc' or 'desc'.", directions[i])
			}
		case i == 0:
			orders = append(orders, Order{Column: column, Descending: descending})
		}
	}
	return orders, nil
}

func Texts(p Params, key string) []string {
	var all []string
	for _, value := range p.List(key) {
		text, _ := TextOf(value)
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

// Shape is how records are wanted.
type Shape int

const (
	ShapePlain Shape = iota
	ShapeExpand
	ShapeFull
)

// ShapeOf reads expand and full; expand is looked at first.
func ShapeOf(p Params) Shape {
	switch {
	case p.Flag("expand"):
		return ShapeExpand
	case p.Flag("full"):
		return ShapeFull
	}
	return ShapePlain
}

// ListParams reads what every list takes.
func ListParams(r *http.Request, d Paging) (Params, table.Page, error) {
	p, err := ReadParams(r)
	if err != nil {
		return nil, table.Page{}, err
	}
	page, err := d.page(p)
	return p, page, err
}

// NoConditions refuses a condition where there are none: leaving it out would find what nobody
// asked for.
func NoConditions(p Params) error {
	if p.Blank("condition") {
		return nil
	}
	return Invalid("condition", "Invalid object selector conditions")
}

func OnlyTotal(w http.ResponseWriter, r *http.Request, total func() (int, error)) error {
	count, err := total()
	if err != nil {
		return err
	}
	return Reply(w, r, Record{{"total_count", count}})
}
