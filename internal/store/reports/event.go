package reports

import (
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Kind is what can happen to a ticket, as far as reports know.
type Kind int

const (
	Created Kind = iota
	Closed
	FirstSolution // closed soon after it was made
	Reopened
	MovedIn  // to one of some groups from another
	MovedOut // from one of some groups to another
	Merged
	Written // an article was
)

// atOnce is how soon a ticket has to be closed to be solved at the first go.
const atOnce = `interval '15 minutes'`

// Events says which events are meant. Zero fields restrict nothing.
type Events struct {
	Kind      Kind
	Condition *rules.Bound // of the tickets

	Merged []desk.StateID // of tickets that live on in others
	Ended  []desk.StateID // of tickets that nobody works on, for Reopened

	Groups  []desk.GroupID // for MovedIn and MovedOut
	Without bool           // all groups but these

	// Of the article, or of the first one; Senders go with Types.
	Types   []desk.ArticleTypeID
	Senders []desk.SenderID
}

// differsInWay reports whether other events happen in the same rows and differ by Types and Senders only.
func (e Events) differsInWay(other Events) bool {
	return e.Types != nil && other.Types != nil && e.Kind == other.Kind && e.Condition == other.Condition
}

// with adds the ways of those among others that differ in nothing else.
func (e Events) with(others []Events) Events {
	for _, other := range others {
		if e.differsInWay(other) {
			e.Types = slices.Concat(e.Types, other.Types)
			e.Senders = slices.Concat(e.Senders, other.Senders)
		}
	}
	return e
}

// way writes what articles' types and senders are, for events that ask for them.
func (e Events) way() (kind, sender string) {
	switch {
	case e.Types == nil:
		return "0::bigint", "0::bigint"
	case e.Kind == Written:
		return "e.type_id", "e.sender_id"
	}
	return "t.create_article_type_id", "t.create_article_sender_id"
}

// from writes the tables in which the events are, with the column of their time.
func (e Events) from() (tables, at string) {
	switch e.Kind {
	case Created:
		return "tickets t", "t.created_at"
	case Closed, FirstSolution:
		return "tickets t", "t.close_at"
	case Written:
		return "ticket_articles e JOIN tickets t ON t.id = e.ticket_id", "e.created_at"
	}
	return "history e JOIN tickets t ON t.id = e.o_id", "e.created_at"
}

// where writes which rows of the tables are the events that happened since the first of two moments
// and before the second.
func (e Events) where(args *pg.Args, first, end time.Time) string {
	_, at := e.from()
	clauses := append(e.clauses(args), at+" >= "+args.Add(first), at+" < "+args.Add(end))
	if e.Condition != nil {
		clauses = append(clauses, e.Condition.SQL(rules.Statement{Add: args.Add, Custom: table.CustomColumn}))
	}
	return strings.Join(clauses, `
			AND `)
}

func (e Events) clauses(args *pg.Args) []string {
	switch e.Kind {
	case Created, Closed:
		return append(e.inWay(args), "t.state_id <> ALL("+args.Add(pg.Plain(e.Merged))+")")
	case FirstSolution:
		return []string{"t.state_id <> ALL(" + args.Add(pg.Plain(e.Merged)) + ")", "t.close_at < t.created_at + " + atOnce}
	case Reopened:
		ended := args.Add(pg.Plain(e.Ended))
		return change("'updated'", "e.attribute = 'state'", "e.id_from = ANY("+ended+")", "e.id_to <> ALL("+ended+")")
	case MovedIn:
		return e.moved(args, "e.id_to", "e.id_from")
	case MovedOut:
		return e.moved(args, "e.id_from", "e.id_to")
	case Merged:
		return change("'merged_into'")
	}
	return e.inWay(args)
}

func (e Events) inWay(args *pg.Args) []string {
	if e.Types == nil {
		return nil
	}
	kind, sender := e.way()
	return []string{kind + " = ANY(" + args.Add(pg.Plain(e.Types)) + ")", sender + " = ANY(" + args.Add(pg.Plain(e.Senders)) + ")"}
}

// moved writes that a ticket has a new group, of which one column is ours and the other is not.
func (e Events) moved(args *pg.Args, ours, others string) []string {
	groups := args.Add(pg.Plain(e.Groups))
	if e.Without {
		ours, others = others, ours
	}
	return change("'updated'", "e.attribute = 'group'", ours+" = ANY("+groups+")", others+" <> ALL("+groups+")")
}

// change writes that a row of the history tells of a change of a ticket.
func change(kind string, more ...string) []string {
	return append([]string{"e.object = 'Ticket'", "e.type = " + kind}, more...)
}
