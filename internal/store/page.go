package store

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// Page is the part of a list that is wanted.
type Page struct {
	Limit  int
	Offset int
}

// Order is a column to sort by.
type Order struct {
	Column     string // one that the caller has checked
	Descending bool
}

// orderBy writes an ORDER BY clause. It always ends with the id, so that the order is stable.
func orderBy(orders []Order, otherwise string) string {
	if len(orders) == 0 {
		return " ORDER BY " + otherwise
	}
	var clause strings.Builder
	clause.WriteString(" ORDER BY ")
	for _, order := range orders {
		clause.WriteString(pgx.Identifier{order.Column}.Sanitize())
		if order.Descending {
			clause.WriteString(" DESC")
		}
		clause.WriteString(" NULLS LAST, ")
	}
	clause.WriteString("id")
	return clause.String()
}
