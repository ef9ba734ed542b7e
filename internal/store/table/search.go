package table

import (
	"strings"

	"postroom/internal/rules"
	"postroom/internal/store/pg"
	"postroom/internal/wording"
)

// Search says what somebody looks for among records of one kind. What is nil restricts nothing.
type Search struct {
	Query     *rules.Query
	Engine    string         // what a search engine is asked in place of the query, in the syntax of its query_string
	Marks     []wording.Mark // what of the query can be shown in what was found
	Condition *rules.Bound
	Context   rules.Context // what the query is judged against, as the condition was when it was bound
}

// Where returns the conditions of a search. words writes that a record has one of some patterns.
func (f Search) Where(args *pg.Args, words func(patterns []string) string) []string {
	var conditions []string
	statement := rules.Statement{Add: args.Add, Custom: CustomColumn}
	if f.Query != nil {
		conditions = append(conditions, f.Query.SQL(f.Context, rules.Finder{Statement: statement, Words: words}))
	}
	if f.Condition != nil {
		conditions = append(conditions, f.Condition.SQL(statement))
	}
	return conditions
}

// AnyLike writes that one of the columns has one of the patterns anywhere. One placeholder serves
// all columns.
func AnyLike(columns []string, patterns []string, args *pg.Args) string {
	var any []string
	for _, pattern := range patterns {
		placeholder := args.Add("%" + pattern + "%")
		for _, column := range columns {
			any = append(any, column+" ILIKE "+placeholder)
		}
	}
	return "(" + strings.Join(any, " OR ") + ")"
}
