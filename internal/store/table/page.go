package table

import (
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
)

// Page is the part of a list that is wanted.
type Page struct {
	Limit  int
	Offset int
}

// Order is a column to sort by.
type Order struct {
	Column     string          // one that the caller has checked
	Custom     *desk.Attribute // sorts by this attribute that an administrator added, whatever Column says
	Descending bool
}

// By is what to sort by, of rows that are called t; empty: of the only table there is. Values that
// are missing come last, or first where the order is descending, as in the attribute's index.
func (o Order) By(t string) string {
	column := pgx.Identifier{o.Column}.Sanitize()
	if o.Custom != nil {
		column = CustomColumn(t, o.Custom)
	} else if t != "" {
		column = t + "." + column
	}
	if o.Descending {
		column += " DESC"
	}
	return column
}

// OrderBy writes an ORDER BY clause. It always ends with the id, so that the order is stable.
func OrderBy(orders []Order, otherwise string) string {
	if len(orders) == 0 {
		return " ORDER BY " + otherwise
	}
	var clause strings.Builder
	clause.WriteString(" ORDER BY ")
	for _, order := range orders {
		clause.WriteString(order.By(""))
		if order.Custom == nil {
			clause.WriteString(" NULLS LAST")
		}
		clause.WriteString(", ")
	}
	clause.WriteString("id")
	if last := orders[len(orders)-1]; last.Custom != nil && last.Descending {
		clause.WriteString(" DESC") // an index can be read backwards as a whole only
	}
	return clause.String()
}
