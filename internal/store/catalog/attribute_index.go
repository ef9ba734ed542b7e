package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"postroom/internal/desk"
	"postroom/internal/store/table"
)

// customTables are where the records lie that administrators may add attributes to.
var customTables = map[string]string{"Ticket": "tickets", "User": "users", "Organization": "organizations", "Group": "groups"}

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
	column, definition := table.CustomColumn("", a), ""
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
