package rules

import (
	"strings"

	"postroom/internal/desk"
)

// plan is a condition, or a part of one, that can be asked and written as SQL. Negations are inside
// the plans of comparisons, so "unknown" need not be told from "no" here.
type plan interface {
	holds(r *reading) bool
	sql(w *writer) string
	rows() rowSet
}

// rowSet is which rows a plan needs to have been chosen, of tables with many rows for a ticket.
type rowSet int

const (
	articleRow rowSet = 1 << iota
	tagRow
	subscriberRow
)

// fixed is a comparison whose outcome is the same for all records.
type fixed bool

func (p fixed) holds(*reading) bool { return bool(p) }
func (p fixed) rows() rowSet        { return 0 }
func (p fixed) sql(*writer) string {
	if p {
		return "true"
	}
	return "false"
}

type allOf []plan

func (p allOf) rows() rowSet { return rowsOf(p) }

func (p allOf) holds(r *reading) bool {
	for _, part := range p {
		if !part.holds(r) {
			return false
		}
	}
	return true
}

func (p allOf) sql(w *writer) string { return w.join(p, " AND ", "true") }

type anyOf []plan

func (p anyOf) rows() rowSet { return rowsOf(p) }

func (p anyOf) holds(r *reading) bool {
	for _, part := range p {
		if part.holds(r) {
			return true
		}
	}
	return false
}

func (p anyOf) sql(w *writer) string { return w.join(p, " OR ", "false") }

func rowsOf(parts []plan) rowSet {
	var rows rowSet
	for _, part := range parts {
		rows |= part.rows()
	}
	return rows
}

// some asks whether there are rows for which a plan holds. Of a table without rows for the ticket
// one is taken in which nothing is set.
type some struct {
	of    rowSet
	inner plan
}

func (p some) rows() rowSet { return 0 }

// spread puts the choice of rows where it is needed. Comparisons that AND joins look at the same
// rows; under OR each may look at rows of its own, which is the same as one choice for all of it.
func spread(p plan) plan {
	if p.rows() == 0 {
		if all, isGroup := p.(allOf); isGroup {
			return cheapFirst(all)
		}
		return p
	}
	switch p := p.(type) {
	case anyOf:
		var parts anyOf
		for _, part := range p {
			parts = append(parts, spread(part))
		}
		return parts
	case allOf:
		var parts allOf
		for _, together := range shared(flatten(p)) {
			if len(together) == 1 {
				parts = append(parts, spread(together[0]))
				continue
			}
			parts = append(parts, some{of: together.rows(), inner: cheapFirst(together)})
		}
		return cheapFirst(parts)
	}
	return some{of: p.rows(), inner: p}
}

// flatten takes the parts of groups of AND inside a group of AND.
func flatten(p allOf) allOf {
	var parts allOf
	for _, part := range p {
		if inner, nested := part.(allOf); nested {
			parts = append(parts, flatten(inner)...)
			continue
		}
		parts = append(parts, part)
	}
	return parts
}

// shared sorts plans into groups that need none of the same rows.
func shared(parts allOf) []allOf {
	var groups []allOf
	for _, part := range parts {
		group := allOf{part}
		var apart []allOf
		for _, other := range groups {
			if part.rows()&other.rows() == 0 {
				apart = append(apart, other)
				continue
			}
			group = append(other, group...)
		}
		groups = append(apart, group)
	}
	return groups
}

func (p some) holds(r *reading) bool {
	switch {
	case p.of&articleRow != 0:
		rest := some{of: p.of &^ articleRow, inner: p.inner}
		return anyRow(r.articles(), func(row Row) bool {
			chosen := *r
			chosen.article = row
			return rest.holds(&chosen)
		})
	case p.of&tagRow != 0:
		rest := some{of: p.of &^ tagRow, inner: p.inner}
		return anyRow(pointers(r.facts.Tags), func(tag *string) bool {
			chosen := *r
			chosen.tag = tag
			return rest.holds(&chosen)
		})
	case p.of&subscriberRow != 0:
		rest := some{of: p.of &^ subscriberRow, inner: p.inner}
		return anyRow(pointers(r.facts.Subscribers), func(user *desk.UserID) bool {
			chosen := *r
			chosen.subscriber = user
			return rest.holds(&chosen)
		})
	}
	return p.inner.holds(r)
}

// anyRow asks for each row, or for none if there are none.
func anyRow[T any](rows []T, holds func(T) bool) bool {
	if len(rows) == 0 {
		var none T
		return holds(none)
	}
	for _, row := range rows {
		if holds(row) {
			return true
		}
	}
	return false
}

func pointers[T any](values []T) []*T {
	all := make([]*T, len(values))
	for i := range values {
		all[i] = &values[i]
	}
	return all
}

func (p some) sql(w *writer) string {
	if pure(p.inner, p.of) {
		return "EXISTS (SELECT FROM " + w.only(p.of) + " AND " + p.inner.sql(w) + ")"
	}
	loose := *w
	loose.loose = true
	return "EXISTS (SELECT FROM (SELECT) chosen" + w.outer(p.of) + " WHERE " + p.inner.sql(&loose) + ")"
}

// pure reports whether every comparison in a plan needs the rows, which are of one table: then the
// plan holds for none without.
func pure(p plan, row rowSet) bool {
	if row&(row-1) != 0 {
		return false
	}
	var parts []plan
	switch p := p.(type) {
	case allOf:
		parts = p
	case anyOf:
		parts = p
	default:
		return p.rows() == row
	}
	for _, part := range parts {
		if !pure(part, row) {
			return false
		}
	}
	return len(parts) > 0
}

// Statement is the SQL statement that a condition becomes a part of.
type Statement struct {
	Add    func(value any) string                             // takes a value and returns its placeholder
	Custom func(row string, attribute *desk.Attribute) string // writes the value of an attribute that was added
}

// writer writes SQL. Its names for rows are those of object.row, x for a row that is referred to,
// a, g and m for rows of articles, tags and subscribers.
type writer struct {
	Statement
	object  *object
	context *Context
	loose   bool // the row of an article may be one of nothing
}

// SQL writes the condition as SQL about the row t of tickets, u of users or o of organizations.
func (b *Bound) SQL(s Statement) string {
	w := &writer{Statement: s, object: b.object, context: &b.context}
	sql := b.root.sql(w)
	if b.object == userObject {
		sql = "(u.id <> 1 AND " + sql + ")"
	}
	return sql
}

func (w *writer) join(parts []plan, operator, none string) string {
	if len(parts) == 0 {
		return none
	}
	if len(parts) == 1 {
		return parts[0].sql(w)
	}
	var all []string
	for _, part := range parts {
		all = append(all, part.sql(w))
	}
	return "(" + strings.Join(all, operator) + ")"
}

const (
	tagTables  = "taggings g JOIN tags n ON n.id = g.tag_id"
	tagsOf     = "g.object = 'Ticket' AND g.o_id = t.id"
	articlesOf = "a.ticket_id = t.id"
	mentionsOf = "m.ticket_id = t.id"
)

// only returns where the rows of exactly one table come from, with a condition that ends in WHERE.
func (w *writer) only(rows rowSet) string {
	switch rows {
	case articleRow:
		return "ticket_articles a WHERE " + articlesOf + w.articles()
	case tagRow:
		return tagTables + " WHERE " + tagsOf
	}
	return "mentions m WHERE " + mentionsOf
}

// outer joins the rows of several tables, each with a row of nothing if there are none.
func (w *writer) outer(rows rowSet) string {
	var joins string
	if rows&articleRow != 0 {
		joins += " LEFT JOIN ticket_articles a ON " + articlesOf + w.articles()
	}
	if rows&tagRow != 0 {
		joins += " LEFT JOIN (" + tagTables + ") ON " + tagsOf
	}
	if rows&subscriberRow != 0 {
		joins += " LEFT JOIN mentions m ON " + mentionsOf
	}
	return joins
}

// ofArticle makes a comparison with an article fail where there is none.
func (w *writer) ofArticle(sql string) string {
	if w.loose {
		return "(a.id IS NOT NULL AND " + sql + ")"
	}
	return sql
}

// articles limits the rows of articles to those that may be looked at.
func (w *writer) articles() string {
	var sql string
	if w.context.Event != nil {
		sql += " AND a.id = " + w.Add(w.context.Event.Article)
	}
	if s := w.context.Articles; s.Limited && len(s.Groups) == 0 {
		sql += " AND NOT a.internal"
	} else if s.Limited {
		sql += " AND (NOT a.internal OR t.group_id = ANY(" + w.Add(s.Groups) + "))"
	}
	return sql
}
