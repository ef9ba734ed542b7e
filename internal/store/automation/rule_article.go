package automation

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/collab"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
)

// ArticleChoice names one article of a ticket.
type ArticleChoice struct {
	First    bool  // the first one; false: the last
	Internal *bool // nil: either
	ByPerson bool  // not one that a machine of ours wrote
}

const chosenArticle = tickets.SelectArticle + `
	WHERE ticket_id = $1
		AND ($2::boolean IS NULL OR internal = $2)
		AND (NOT $3 OR sender_id <> 3)`

// ChosenArticle returns an article of a ticket; nil: there is none.
func (s Keeper) ChosenArticle(ctx context.Context, ticket desk.TicketID, which ArticleChoice) (*desk.Article, error) {
	sql := chosenArticle + ` ORDER BY id DESC LIMIT 1`
	if which.First {
		sql = chosenArticle + ` ORDER BY id LIMIT 1`
	}
	rows, _ := pg.Conn(s.DB).Query(ctx, sql, ticket, which.Internal, which.ByPerson)
	article, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.Article])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("article of ticket %d: %w", ticket, pg.Translate(err))
	}
	return &article, nil
}

// Translated returns what administrators call a text in a language; the text itself where they say
// nothing.
func (s Keeper) Translated(ctx context.Context, locale, source string) (string, error) {
	var target string
	err := pg.Conn(s.DB).QueryRow(ctx, `SELECT target FROM translations WHERE locale = $1 AND source = $2`, locale, source).Scan(&target)
	if errors.Is(err, pgx.ErrNoRows) {
		return source, nil
	}
	if err != nil {
		return "", fmt.Errorf("translation into %s: %w", locale, pg.Translate(err))
	}
	return target, nil
}

// TagTicket puts tags on a ticket and takes others off, for a rule, and notes it in the history.
// Names are as teamwork.TagNames returns them.
func (s Keeper) TagTicket(ctx context.Context, ticket desk.TicketID, add, remove []string, by desk.UserID, source desk.ChangeSource) error {
	var added, removed []string
	batch := &pgx.Batch{}
	if len(add) > 0 {
		batch.Queue(collab.InsertTags, add, by)
		listInto(batch, &added, collab.InsertTaggings, add, desk.ObjectTicket, ticket, by)
	}
	if len(remove) > 0 {
		listInto(batch, &removed, `
			WITH gone AS (
				DELETE FROM taggings g
				USING tags t
				WHERE t.id = g.tag_id AND t.name = ANY($1) AND g.object = 'Ticket' AND g.o_id = $2
				RETURNING t.name
			)
			SELECT name
			FROM gone
			ORDER BY array_position($1, name)`, remove, ticket)
	}
	if err := pg.Send(ctx, s.DB, batch, fmt.Sprintf("tag ticket %d", ticket)); err != nil {
		return err
	}
	var changes []desk.Change
	note := func(what string, names []string) {
		for _, name := range names {
			changes = append(changes, desk.Change{
				Object: desk.ObjectTicket, OID: int64(ticket), Type: what, Attribute: "tag", ValueTo: name, By: by, Source: source,
			})
		}
	}
	note("added", added)
	note("removed", removed)
	if len(changes) == 0 {
		return nil
	}
	if err := tickets.On(s.DB).TouchDeadlines(ctx, ticket, "ticket.tags"); err != nil {
		return err
	}
	return tickets.On(s.DB).AddHistory(ctx, changes)
}
