package pg

import (
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Planned makes PostgreSQL plan a statement anew each time. The outbox grows from nothing to a
// hundred thousand rows within seconds; a plan kept from before would read it row by row.
const Planned = pgx.QueryExecModeCacheDescribe

// Args collects the values of a statement that is put together from clauses.
type Args []any

// Add returns the placeholder of a value.
func (a *Args) Add(value any) string {
	*a = append(*a, value)
	return "$" + strconv.Itoa(len(*a))
}

// Planned are the arguments of a statement that is planned for the values at hand: what is a good
// plan for one agent or word is a bad one for the next.
func (a Args) Planned() []any { return append([]any{pgx.QueryExecModeCacheDescribe}, a...) }
