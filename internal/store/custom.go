package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// customTables are where the records lie that administrators may add attributes to.
var customTables = map[string]string{"Ticket": "tickets", "User": "users", "Organization": "organizations", "Group": "groups"}

// customColumn is the value of an attribute that an administrator added, of rows that are called t;
// empty: of the only table there is. Indexes hold exactly this expression, and are of use only where
// a query spells it the same.
func customColumn(t string, a *desk.Attribute) string {
	custom, key := "custom", sqlText(a.Name)
	if t != "" {
		custom = t + ".custom"
	}
	expression := ""
	switch a.Kind() {
	case desk.AttributeInteger:
		expression = "(" + custom + "->>" + key + ")::bigint"
	case desk.AttributeBoolean:
		expression = "(" + custom + "->>" + key + ")::boolean"
	case desk.AttributeDate:
		expression = "custom_date(" + custom + ", " + key + ")"
	case desk.AttributeTime:
		expression = "custom_time(" + custom + ", " + key + ")"
	case desk.AttributeList:
		expression = "(" + custom + "->" + key + ")"
	case desk.AttributeExternal:
		expression = "(" + custom + "->" + key + "->>'value')"
	default:
		expression = "(" + custom + "->>" + key + ")"
	}
	switch v := a.Default().(type) {
	case int:
		return "coalesce(" + expression + ", " + strconv.Itoa(v) + ")"
	case bool:
		return "coalesce(" + expression + ", " + strconv.FormatBool(v) + ")"
	}
	return expression
}

// sqlText is a text as SQL spells it. It is for names that are part of an expression, as those of
// columns are; the names of attributes are letters, digits and _.
func sqlText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// maxIndexed is how long texts of an index that sorts may be, in characters: an entry has to fit a
// third of a page, and a character takes up to four bytes.
const maxIndexed = 500

// customIndex is an index that an attribute should have.
type customIndex struct {
	table, name, definition string // the definition is what follows ON table
}

// indexOf returns the index by which records are found and sorted by an attribute; false: none is
// of use, as for long texts.
func indexOf(a *desk.Attribute) (customIndex, bool) {
	column, definition := customColumn("", a), ""
	switch a.Kind() {
	case desk.AttributeList:
		definition = "USING gin (" + column + ")"
	case desk.AttributeExternal:
		definition = "USING hash (" + column + ")" // as long as the other system likes
	case desk.AttributeText:
		most, limited := a.Number("maxlength")
		if !limited || most > maxIndexed {
			return customIndex{}, false
		}
		fallthrough
	default:
		definition = "USING btree ((" + column + "), id)"
	}
	table := customTables[a.Object]
	sum := sha256.Sum256([]byte(definition))
	// An attribute that changes gets another index: its name tells them apart.
	name := fmt.Sprintf("%s%d_%s", customPrefix(table), a.ID, hex.EncodeToString(sum[:4]))
	return customIndex{table: table, name: name, definition: definition}, table != ""
}

// customPrefix begins the names of a table's indexes on attributes.
func customPrefix(table string) string { return table + "_custom_" }
