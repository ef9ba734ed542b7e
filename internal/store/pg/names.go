package pg

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// Text is a text as SQL spells it. It is for names that are part of an expression, as those of
// columns are; the names of attributes are letters, digits and _.
func Text(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Identifier is the name of a table or column as SQL spells it.
func Identifier(name string) string { return pgx.Identifier{name}.Sanitize() }
