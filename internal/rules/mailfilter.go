package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// MailFilter is what a postmaster filter looks for in a mail, ready to be asked often. It may be
// asked by several at once.
type MailFilter struct {
	rules []mailRule
}

// mailRule asks one header.
type mailRule struct {
	header string // lower case
	fits   func(value string, present bool) bool
}

// NewMailFilter reads the match of a postmaster filter. Rules without a value say nothing; one that
// can't be read is never met.
func NewMailFilter(match map[string]any) *MailFilter {
	f := &MailFilter{}
	for header, rule := range match {
		asked, _ := rule.(map[string]any)
		if isBlank(asked["value"]) {
			continue
		}
		operator, _ := asked["operator"].(string)
		f.rules = append(f.rules, mailRule{header: strings.ToLower(header), fits: mailOperator(operator, textsOf(asked["value"]))})
	}
	return f
}

// Matches reports whether all rules hold for a mail. header tells the value of a header, named in
// lower case, and whether the mail has it. A filter that asks nothing matches nothing.
func (f *MailFilter) Matches(header func(name string) (value string, present bool)) bool {
	return len(f.rules) > 0 && !slices.ContainsFunc(f.rules, func(r mailRule) bool { return !r.fits(header(r.header)) })
}

func mailOperator(operator string, values []string) func(string, bool) bool {
	switch operator {
	case "contains":
		return finding(wildcard(values[0]))
	case "contains not":
		return inverse(finding(wildcard(values[0])))
	case "is any of":
		return func(value string, present bool) bool { return present && slices.Contains(values, value) }
	case "is none of":
		return func(value string, present bool) bool { return !present || !slices.Contains(values, value) }
	case "starts with one of":
		return anyEdge(values, strings.HasPrefix)
	case "ends with one of":
		return anyEdge(values, strings.HasSuffix)
	case "matches regex":
		return finding(values[0])
	case "does not match regex":
		if _, err := compileMail(values[0]); err == nil {
			return inverse(finding(values[0]))
		}
	}
	return func(string, bool) bool { return false }
}

func inverse(fits func(string, bool) bool) func(string, bool) bool {
	return func(value string, present bool) bool { return !fits(value, present) }
}

// finding asks a header that is there whether an expression is found in it, whatever its case.
func finding(expression string) func(string, bool) bool {
	compiled, err := compileMail(expression)
	return func(value string, present bool) bool { return err == nil && present && compiled.MatchString(value) }
}

// compileMail reads an expression as administrators mean it: ^ and $ are the edges of lines.
func compileMail(expression string) (*regexp.Regexp, error) {
	return regexp.Compile("(?im)" + expression)
}

// wildcard is the expression of a text in which a star stands for anything on the same line.
func wildcard(text string) string {
	parts := strings.Split(text, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return strings.Join(parts, ".*")
}

func anyEdge(values []string, has func(text, edge string) bool) func(string, bool) bool {
	for i, value := range values {
		values[i] = strings.ToLower(value)
	}
	return func(value string, present bool) bool {
		value = strings.ToLower(value)
		return present && slices.ContainsFunc(values, func(edge string) bool { return has(value, edge) })
	}
}

// ContainsMail reports whether a text is in another as operator contains has it.
func ContainsMail(text, part string) bool {
	expression, err := compileMail(wildcard(part))
	return err == nil && expression.MatchString(text)
}

// MatchesMail reports whether a regular expression is found in a text as operator matches regex has
// it. One that can't be read is not.
func MatchesMail(text, expression string) bool {
	compiled, err := compileMail(expression)
	return err == nil && compiled.MatchString(text)
}

// textsOf are the values of a rule: one or a list.
func textsOf(value any) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = fmt.Sprint(one)
	}
	return texts
}

// RelativeTime is the time that an action means which counts from now; false: it can't be read.
func RelativeTime(action map[string]any, now time.Time) (time.Time, bool) {
	unit, _ := action["range"].(string)
	distance, ok := readSpan(fmt.Sprint(action["value"]), unit)
	if !ok {
		return time.Time{}, false
	}
	return distance.after(now, 1), true
}
