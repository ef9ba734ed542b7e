package rules

import (
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
)

// cell asks a predicate of one attribute of one row.
type cell struct {
	attribute attribute
	predicate predicate
	negated   bool
}

func (p cell) rows() rowSet {
	if p.attribute.relation == "article" {
		return articleRow
	}
	return 0
}

func (p cell) fits(value any) bool {
	outcome := p.predicate.truth(value)
	if p.negated {
		outcome = outcome.negated()
	}
	return outcome == isTrue
}

func (p cell) holds(r *reading) bool {
	switch many, isMany := r.facts.Many[p.attribute.relation]; {
	case p.attribute.relation == "article":
		return r.article != nil && p.fits(r.article[p.attribute.name])
	case isMany:
		any := cell{attribute: p.attribute, predicate: p.predicate}
		return slices.ContainsFunc(many, func(row Row) bool { return any.fits(row[p.attribute.name]) }) != p.negated
	}
	return p.fits(r.facts.One[p.attribute.relation][p.attribute.name])
}

func (p cell) sql(w *writer) string {
	relation := w.object.relations[p.attribute.relation]
	switch {
	case p.attribute.relation == w.object.main:
		return p.on(w.object.row, w)
	case p.attribute.relation == "article":
		return w.ofArticle(p.on("a", w))
	case relation.key == "":
		any := cell{attribute: p.attribute, predicate: p.predicate}
		return not(p.negated) + "EXISTS (SELECT FROM " + relation.table + " x WHERE x." + relation.back + " = " + w.object.row + ".id AND " + any.on("x", w) + ")"
	}
	key := w.object.row + "." + relation.key
	sql := key + " IN (SELECT x.id FROM " + relation.table + " x WHERE " + p.on("x", w) + ")"
	if relation.optional && p.fits(nil) {
		return "(" + key + " IS NULL OR " + sql + ")"
	}
	return sql
}

// on writes the predicate about a row.
func (p cell) on(row string, w *writer) string {
	sql := p.predicate.sql(w.column(row, p.attribute), w)
	if p.negated {
		return "NOT (" + sql + ")"
	}
	return sql
}

func not(negated bool) string {
	if negated {
		return "NOT "
	}
	return ""
}

// column writes the attribute of a row.
func (w *writer) column(row string, a attribute) string {
	if a.custom != nil {
		return w.Custom(row, a.custom)
	}
	return row + `."` + a.name + `"`
}

// tag asks of the chosen tag whether it is one of the names.
type tag struct {
	names   []string
	negated bool
}

func (p tag) rows() rowSet { return tagRow }

func (p tag) holds(r *reading) bool {
	return r.tag != nil && slices.Contains(p.names, *r.tag) != p.negated
}

func (p tag) sql(w *writer) string {
	if p.negated {
		return "n.name <> ALL(" + w.Add(p.names) + ")"
	}
	return "n.name = ANY(" + w.Add(p.names) + ")"
}

// allTags asks whether a ticket has all of the tags, or one of them.
type allTags struct {
	names   []string
	one     bool
	negated bool
}

func (p allTags) rows() rowSet { return 0 }

func (p allTags) holds(r *reading) bool {
	has := func(name string) bool { return slices.Contains(r.facts.Tags, name) }
	if p.one {
		return slices.ContainsFunc(p.names, has) != p.negated
	}
	return slices.ContainsFunc(p.names, func(name string) bool { return !has(name) }) == p.negated
}

func (p allTags) sql(w *writer) string {
	exists := "EXISTS (SELECT FROM " + tagTables + " WHERE " + tagsOf + " AND n.name = "
	if p.one {
		return not(p.negated) + exists + "ANY(" + w.Add(p.names) + "))"
	}
	var each []string
	for _, name := range p.names {
		each = append(each, exists+w.Add(name)+")")
	}
	return not(p.negated) + "(" + strings.Join(each, " AND ") + ")"
}

// tagged makes a plan of a comparison with tags. Only "contains one" looks at the tags one by one,
// and "contains all" of one, which is the same.
func tagged(c *comparison, negated bool) plan {
	if !c.operator.negated && (!c.operator.all || len(c.tokens) == 1) {
		return tag{names: c.tokens, negated: negated}
	}
	return allTags{names: c.tokens, one: !c.operator.all, negated: c.operator.negated != negated}
}

// subscriber asks of the chosen subscriber whether it is one of the users.
type subscriber struct {
	users   []int64
	negated bool
}

func (p subscriber) rows() rowSet { return subscriberRow }

func (p subscriber) holds(r *reading) bool {
	return r.subscriber != nil && slices.Contains(p.users, int64(*r.subscriber)) != p.negated
}

func (p subscriber) sql(w *writer) string {
	if p.negated {
		return "m.user_id <> ALL(" + w.Add(p.users) + ")"
	}
	return "m.user_id = ANY(" + w.Add(p.users) + ")"
}

// anySubscriber asks whether a ticket has subscribers at all, or one of the users among them.
type anySubscriber struct {
	users   []int64 // nil: anybody
	negated bool
}

func (p anySubscriber) rows() rowSet { return 0 }

func (p anySubscriber) holds(r *reading) bool {
	return slices.ContainsFunc(r.facts.Subscribers, func(id desk.UserID) bool {
		return p.users == nil || slices.Contains(p.users, int64(id))
	}) != p.negated
}

func (p anySubscriber) sql(w *writer) string {
	sql := not(p.negated) + "EXISTS (SELECT FROM mentions m WHERE " + mentionsOf
	if p.users != nil {
		sql += " AND m.user_id = ANY(" + w.Add(p.users) + ")"
	}
	return sql + ")"
}

func subscribed(c *comparison, asked predicate, negated bool) plan {
	in := asked.(among)
	switch {
	case c.pre == notSet:
		return anySubscriber{negated: in.negated == negated}
	case in.negated:
		return anySubscriber{users: append([]int64{}, in.set.numbers...), negated: !negated}
	}
	return subscriber{users: append([]int64{}, in.set.numbers...), negated: negated}
}

// accounting asks whether time was booked for the chosen article.
type accounting struct{ set bool }

func (p accounting) rows() rowSet { return articleRow }

func (p accounting) holds(r *reading) bool {
	return r.article != nil && (r.article[RowAccounted] == true) == p.set
}

func (p accounting) sql(w *writer) string {
	return w.ofArticle(not(!p.set) + "EXISTS (SELECT FROM ticket_time_accountings x WHERE x.ticket_article_id = a.id)")
}

// relatives asks whether the owner of a ticket is replaced today by one of the users, or whether a
// user has one of the roles.
type relatives struct {
	special special
	ids     []int64
	negated bool
	today   time.Time
}

func (p relatives) rows() rowSet { return 0 }

func (p relatives) holds(r *reading) bool {
	has := func(id int64) bool { return slices.Contains(r.facts.Roles, desk.RoleID(id)) }
	if p.special == isReplacement {
		has = func(id int64) bool { return slices.Contains(r.facts.StandIns, desk.UserID(id)) }
	}
	return slices.ContainsFunc(p.ids, has) != p.negated
}

func (p relatives) sql(w *writer) string {
	ids := w.Add(append([]int64{}, p.ids...))
	if p.special == isRoles {
		return not(p.negated) + "EXISTS (SELECT FROM roles_users x WHERE x.user_id = u.id AND x.role_id = ANY(" + ids + "))"
	}
	today := w.Add(p.today) + "::date"
	away := "x.active AND x.out_of_office AND x.out_of_office_start_at <= " + today + " AND x.out_of_office_end_at >= " + today
	return not(p.negated) + `(t.owner_id IN (
		WITH RECURSIVE replaced (id) AS (
			SELECT x.id FROM users x WHERE x.out_of_office_replacement_id = ANY(` + ids + `) AND ` + away + `
			UNION
			SELECT x.id FROM users x JOIN replaced ON x.out_of_office_replacement_id = replaced.id WHERE ` + away + `)
		SELECT id FROM replaced))`
}

// presenceOf asks whether there are rows that belong to a record.
type presenceOf struct {
	attribute attribute
	wanted    map[bool]bool // whether it holds where there are, and where there are none
}

func existence(c *comparison, negated bool) plan {
	wanted := map[bool]bool{}
	for _, is := range []bool{true, false} {
		wanted[is] = c.values.has(is) != c.operator.negated != negated
	}
	if wanted[true] == wanted[false] {
		return fixed(wanted[true])
	}
	return presenceOf{attribute: c.attribute, wanted: wanted}
}

func (p presenceOf) rows() rowSet { return 0 }

func (p presenceOf) holds(r *reading) bool {
	rows := r.facts.Many[p.attribute.relation]
	switch p.attribute.special {
	case isMembers:
		return p.wanted[r.facts.Members]
	case isOpenExisting:
		return p.wanted[slices.ContainsFunc(rows, func(row Row) bool { return row[RowOpen] == true })]
	}
	return p.wanted[len(rows) > 0]
}

func (p presenceOf) sql(w *writer) string {
	if p.attribute.special == isMembers {
		return not(!p.wanted[true]) + `(EXISTS (SELECT FROM users x WHERE x.organization_id = o.id)
			OR EXISTS (SELECT FROM organizations_users x WHERE x.organization_id = o.id))`
	}
	sql := "SELECT FROM tickets x WHERE x." + w.object.relations[p.attribute.relation].back + " = u.id"
	if p.attribute.special == isOpenExisting {
		sql += ` AND x.state_id IN (
			SELECT s.id FROM ticket_states s JOIN ticket_state_types y ON y.id = s.state_type_id
			WHERE y.name IN ('new', 'open', 'pending reminder', 'pending action'))`
	}
	return not(!p.wanted[true]) + "EXISTS (" + sql + ")"
}
