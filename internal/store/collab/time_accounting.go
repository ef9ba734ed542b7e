package collab

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// TimeAccountingTypes are the activities that time is spent on.
var TimeAccountingTypes = &table.Of[teamwork.TimeAccountingType, teamwork.TimeAccountingTypeID]{
	Class:  "Ticket::TimeAccounting::Type",
	Name:   "ticket_time_accounting_types",
	Search: "name, note",
	Select: `
		SELECT id, name, note, active, updated_by_id, created_by_id, created_at, updated_at
		FROM ticket_time_accounting_types`,
	Create: `
		INSERT INTO ticket_time_accounting_types (name, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $4)
		RETURNING id`,
	Update: `
		UPDATE ticket_time_accounting_types
		SET name = $1, note = $2, active = $3, updated_by_id = $4, updated_at = now()
		WHERE id = $5`,
	Values: func(v teamwork.TimeAccountingType) []any { return []any{v.Name, v.Note, v.Active, v.UpdatedByID} },
	Parts: func(v *teamwork.TimeAccountingType) (*teamwork.TimeAccountingTypeID, *desk.Stamp) {
		return &v.ID, &v.Stamp
	},
}

const timeAccountingColumns = `
	SELECT id, ticket_id, ticket_article_id, time_unit::text, type_id, created_by_id, created_at, updated_at
	FROM ticket_time_accountings`

// TimeAccountingFilter says which spent time a list shows. Its parts narrow each other.
type TimeAccountingFilter struct {
	TicketID desk.TicketID             // 0: of all tickets
	ID       teamwork.TimeAccountingID // 0: all
}

func (f TimeAccountingFilter) where(args *pg.Args) string {
	conditions := []string{"true"}
	if f.TicketID != 0 {
		conditions = append(conditions, "ticket_id = "+args.Add(f.TicketID))
	}
	if f.ID != 0 {
		conditions = append(conditions, "id = "+args.Add(f.ID))
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

// TimeAccountings returns one page of spent time. Without orders the order is by id.
func (s Keeper) TimeAccountings(ctx context.Context, filter TimeAccountingFilter, orders []table.Order, page table.Page) ([]teamwork.TimeAccounting, error) {
	var args pg.Args
	sql := timeAccountingColumns + filter.where(&args) + table.OrderBy(orders, "id")
	sql += " LIMIT " + args.Add(page.Limit) + " OFFSET " + args.Add(page.Offset)
	return pg.Many[teamwork.TimeAccounting](ctx, s.DB, "list spent time", sql, args...)
}

// CountTimeAccountings returns how many a filter finds.
func (s Keeper) CountTimeAccountings(ctx context.Context, filter TimeAccountingFilter) (int, error) {
	var args pg.Args
	where := filter.where(&args)
	return pg.Count(ctx, s.DB, `SELECT FROM ticket_time_accountings`+where, args...)
}

// errSecondTime refuses to book time for one article twice.
var errSecondTime error = &desk.InvalidError{Field: "ticket_article_id", Reason: "Ticket article has already been taken"}

// InsertTimeAccounting books time on a ticket that is locked, and fills the id. What the ticket's sum
// then is, TimeSpent knows.
func (s Keeper) InsertTimeAccounting(ctx context.Context, v *teamwork.TimeAccounting) error {
	err := pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO ticket_time_accountings (ticket_id, ticket_article_id, time_unit, type_id, created_by_id)
		VALUES ($1, $2, $3::text::numeric, $4, $5)
		RETURNING id, created_at, updated_at`,
		v.TicketID, v.TicketArticleID, v.TimeUnit, v.TypeID, v.CreatedByID).Scan(&v.ID, &v.CreatedAt, &v.UpdatedAt)
	if err = pg.Translate(err); errors.Is(err, desk.ErrConflict) {
		return errSecondTime
	}
	if err != nil {
		return fmt.Errorf("book time on ticket %d: %w", v.TicketID, err)
	}
	return s.showTimeOnArticle(ctx, v.TicketArticleID)
}

// SaveTimeAccounting stores changed time of a ticket that is locked. before is what it was.
func (s Keeper) SaveTimeAccounting(ctx context.Context, before, v teamwork.TimeAccounting) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `
		UPDATE ticket_time_accountings
		SET ticket_article_id = $2, time_unit = $3::text::numeric, type_id = $4, updated_at = clock_timestamp()
		WHERE id = $1`, v.ID, v.TicketArticleID, v.TimeUnit, v.TypeID)
	if err = pg.Translate(err); errors.Is(err, desk.ErrConflict) {
		return errSecondTime
	}
	if err != nil {
		return fmt.Errorf("time accounting %d: %w", v.ID, err)
	}
	return s.showTimeOnArticle(ctx, before.TicketArticleID, v.TicketArticleID)
}

// DeleteTimeAccounting takes booked time away from a ticket that is locked.
func (s Keeper) DeleteTimeAccounting(ctx context.Context, v teamwork.TimeAccounting) error {
	if err := pg.DeleteRow(ctx, s.DB, "ticket_time_accountings", "Ticket::TimeAccounting", int64(v.ID)); err != nil {
		return err
	}
	return s.showTimeOnArticle(ctx, v.TicketArticleID)
}

// showTimeOnArticle writes onto articles what is booked for them, where it is read much more often.
func (s Keeper) showTimeOnArticle(ctx context.Context, articles ...*desk.ArticleID) error {
	var ids []desk.ArticleID
	for _, id := range articles {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return pg.Exec(ctx, s.DB, "time of article", `
		UPDATE ticket_articles a
		SET time_unit = (SELECT time_unit FROM ticket_time_accountings WHERE ticket_article_id = a.id)
		WHERE id = ANY($1)`, ids)
}

// TimeSpent returns the sum of what is booked on a ticket; nil: nothing is.
func (s Keeper) TimeSpent(ctx context.Context, ticket desk.TicketID) (*string, error) {
	return pg.Value[*string](ctx, s.DB, "time spent on ticket", `
		SELECT sum(time_unit)::numeric(12,2)::text
		FROM ticket_time_accountings
		WHERE ticket_id = $1`, ticket)
}

// AccountTime books time in the transaction that holds the ticket's lock, and lets the ticket know.
// The caller saves it.
func (s Keeper) AccountTime(ctx context.Context, t *desk.Ticket, v *teamwork.TimeAccounting) (err error) {
	if err := s.InsertTimeAccounting(ctx, v); err != nil {
		return err
	}
	t.TimeUnit, err = s.TimeSpent(ctx, t.ID)
	return err
}

// ArticleIsOf reports whether an article is one of a ticket's.
func (s Keeper) ArticleIsOf(ctx context.Context, article desk.ArticleID, ticket desk.TicketID) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "ticket of article", `
		SELECT EXISTS (SELECT FROM ticket_articles WHERE id = $1 AND ticket_id = $2)`, article, ticket)
}
