package forms

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// facts are what conditions of workflows ask for.
type facts struct {
	form          Form
	before, after Values // before is nil for a new record
	session       Values
}

// match reports whether a workflow applies. Of a new record nothing is stored, so a condition on
// what is stored does not hold.
func (f facts) match(w desk.CoreWorkflow) bool {
	if len(w.ConditionSaved) > 0 && f.before == nil {
		return false
	}
	return f.all(w.ConditionSaved, f.before) && f.all(w.ConditionSelected, f.after)
}

// all reports whether every comparison of a condition holds.
func (f facts) all(condition map[string]any, of Values) bool {
	for key, settings := range condition {
		leaf, _ := settings.(map[string]any)
		if !f.holds(key, leaf, of) {
			return false
		}
	}
	return true
}

// holds decides one comparison. What is unknown does not hold.
func (f facts) holds(key string, leaf map[string]any, of Values) bool {
	operator, _ := leaf["operator"].(string)
	if key == "custom.module" { // modules are code of another program
		return operator == "match no modules"
	}
	name, own := strings.CutPrefix(key, f.form.prefix())
	var actual any
	switch {
	case strings.HasPrefix(key, "session."):
		name = strings.TrimPrefix(key, "session.")
		actual = f.session[name]
	case own && !strings.Contains(name, "."):
		actual = of[name]
	default:
		relation, attribute, ok := f.form.relation(key)
		record, loaded := f.form.Related[relation]
		if !ok || !loaded {
			return false
		}
		name, actual = attribute, record[attribute]
	}
	switch operator {
	case "just changed", "just changed to": // by a hand on a form, which an API client has not
		return false
	case "is modified", "is modified to", "has changed":
		changed := !slices.Equal(f.before.list(name), f.after.list(name))
		return changed && (operator != "is modified to" || meets(listOf(actual), wantedList(leaf["value"])))
	}
	return f.compare(operator, name, actual, leaf)
}

func (f facts) compare(operator, name string, actual any, leaf map[string]any) bool {
	has, want := listOf(actual), wantedList(leaf["value"])
	switch leaf["pre_condition"] {
	case "current_user.id":
		want = f.session.list("id")
	case "current_user.organization_id":
		want = slices.Concat(f.session.list("organization_id"), f.session.list("organization_ids"))
	case "not_set":
		unset := len(has) == 0 || strings.HasSuffix(name, "_id") && nobody(name) && slices.Equal(has, []string{"1"})
		return unset == (operator != "is not")
	}
	switch operator {
	case "is", "is any of", "contains one":
		return meets(has, want)
	case "is not", "is none of", "contains one not", "contains all not":
		return !meets(has, want)
	case "contains all":
		return len(want) > 0 && !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(has, w) })
	case "is set":
		return len(has) > 0
	case "not set", "is not set":
		return len(has) == 0
	case "is less than", "is less than or equal to", "is greater than", "is greater than or equal to":
		return number(operator, has, want)
	}
	if holds, known := text(operator, has, want); known {
		return holds
	}
	return f.moment(operator, actual, leaf)
}

// nobody reports whether user 1 stands for nobody in a column.
func nobody(name string) bool {
	return slices.Contains([]string{"owner_id", "customer_id", "user_id", "created_by_id", "updated_by_id"}, name)
}

// wantedList is the value of a comparison. Unlike that of a field it may be an empty text, which
// stands for none.
func wantedList(value any) []string {
	values, many := value.([]any)
	if !many {
		values = []any{value}
	}
	var wanted []string
	for _, v := range values {
		if v == "" || v == nil {
			wanted = append(wanted, "")
			continue
		}
		wanted = append(wanted, listOf(v)...)
	}
	return wanted
}

// meets reports whether one of what a field has is wanted, or none where none is.
func meets(has, want []string) bool {
	if len(has) == 0 {
		return slices.Contains(want, "")
	}
	return slices.ContainsFunc(has, func(h string) bool { return slices.Contains(want, h) })
}

// text decides comparisons of texts, whatever their case. known is false for any other operator.
func text(operator string, has, want []string) (holds, known bool) {
	one := func(fits func(have, wanted string) bool) bool {
		return slices.ContainsFunc(has, func(h string) bool {
			return slices.ContainsFunc(want, func(w string) bool { return w != "" && fits(strings.ToLower(h), strings.ToLower(w)) })
		})
	}
	switch operator {
	case "contains":
		return one(strings.Contains), true
	case "contains not":
		return !one(strings.Contains), true
	case "starts with", "starts with one of":
		return one(strings.HasPrefix), true
	case "ends with", "ends with one of":
		return one(strings.HasSuffix), true
	case "matches regex", "does not match regex":
		if len(has) == 0 || len(want) == 0 {
			return false, true
		}
		pattern, err := regexp.Compile("(?i)" + want[0])
		return err == nil && pattern.MatchString(has[0]) == (operator == "matches regex"), true
	}
	return false, false
}

func number(operator string, has, want []string) bool {
	if len(has) != 1 || len(want) != 1 {
		return false
	}
	a, err := strconv.ParseFloat(has[0], 64)
	b, wrong := strconv.ParseFloat(want[0], 64)
	if err != nil || wrong != nil {
		return false
	}
	switch operator {
	case "is less than":
		return a < b
	case "is less than or equal to":
		return a <= b
	case "is greater than":
		return a > b
	}
	return a >= b
}

// moment decides comparisons of times.
func (f facts) moment(operator string, actual any, leaf map[string]any) bool {
	at, ok := momentOf(actual)
	if !ok {
		return false
	}
	now := f.form.Now
	if operator == "today" {
		zone := f.form.Catalog.Settings.Zone()
		return at.In(zone).Format(desk.DateForm) == now.In(zone).Format(desk.DateForm)
	}
	if bound, ok := momentOf(leaf["value"]); ok && strings.HasSuffix(operator, "(absolute)") {
		return strings.HasPrefix(operator, "before") && !at.After(bound) || strings.HasPrefix(operator, "after") && !at.Before(bound)
	}
	count := listOf(leaf["value"])
	if len(count) != 1 {
		return false
	}
	n, err := strconv.Atoi(count[0])
	unit, _ := leaf["range"].(string)
	if err != nil || n < 0 || n > maxSteps {
		return false
	}
	past, future := steps(now, -n, unit), steps(now, n, unit)
	switch operator {
	case "before (relative)":
		return !at.After(past)
	case "after (relative)":
		return !at.Before(future)
	case "within last (relative)":
		return !at.Before(past) && !at.After(now)
	case "within next (relative)":
		return !at.Before(now) && !at.After(future)
	case "till (relative)":
		return !at.After(future)
	case "from (relative)":
		return !at.Before(past)
	}
	return false
}

// maxSteps keeps times within those that can be told.
const maxSteps = 100_000

// steps goes n minutes, hours, days … from a time.
func steps(from time.Time, n int, unit string) time.Time {
	switch unit {
	case "minute":
		return from.Add(time.Duration(n) * time.Minute)
	case "hour":
		return from.Add(time.Duration(n) * time.Hour)
	case "week":
		return from.AddDate(0, 0, 7*n)
	case "month":
		return from.AddDate(0, n, 0)
	case "year":
		return from.AddDate(n, 0, 0)
	}
	return from.AddDate(0, 0, n)
}
