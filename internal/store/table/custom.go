package table

import (
	"strconv"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// CustomColumn is the value of an attribute that an administrator added, of rows that are called t;
// empty: of the only table there is. Indexes hold exactly this expression, and are of use only where
// a query spells it the same.
func CustomColumn(t string, a *desk.Attribute) string {
	custom, key := "custom", pg.Text(a.Name)
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
