package automation

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// TicketFacts are what rules may ask about a ticket, beside its own columns.
type TicketFacts struct {
	Users        map[desk.UserID]desk.User
	Secondary    []desk.OrganizationID // of the acting user
	Organization *desk.Organization
	Tags         []string
	Subscribers  []desk.UserID
	StandIns     []desk.UserID
	Accounted    bool // time was booked for the article
}

// FactsWanted says which of them to look up: most conditions ask for few.
type FactsWanted struct {
	Users        []desk.UserID
	Secondary    desk.UserID // 0: nobody's
	Organization bool
	Tags         bool
	Subscribers  bool
	StandIns     bool
	Today        time.Time      // for StandIns: the date, in the installation's time zone
	Article      desk.ArticleID // for Accounted; 0: not asked
}

const (
	tagsOfTicket = `
	SELECT t.name
	FROM taggings g
	JOIN tags t ON t.id = g.tag_id
	WHERE g.object = 'Ticket' AND g.o_id = $1
	ORDER BY g.id`

	subscribersOf = `SELECT user_id FROM mentions WHERE ticket_id = $1 ORDER BY id`

	// Who replaces somebody today, and who replaces those.
	standInsOf = `
	WITH RECURSIVE stand_in (id) AS (
		SELECT out_of_office_replacement_id
		FROM users
		WHERE id = $1 AND active AND out_of_office AND $2::date BETWEEN out_of_office_start_at AND out_of_office_end_at
		UNION
		SELECT u.out_of_office_replacement_id
		FROM users u
		JOIN stand_in ON stand_in.id = u.id
		WHERE u.active AND u.out_of_office AND $2::date BETWEEN u.out_of_office_start_at AND u.out_of_office_end_at
	)
	SELECT id
	FROM stand_in
	WHERE id IS NOT NULL`

	timeBookedFor = `SELECT EXISTS (SELECT FROM ticket_time_accountings WHERE ticket_article_id = $1)`
	secondaryOf   = `SELECT organization_id FROM organizations_users WHERE user_id = $1 ORDER BY organization_id`
)

// TicketFacts looks up what rules want to know, in one round trip.
func (s Keeper) TicketFacts(ctx context.Context, t desk.Ticket, want FactsWanted) (TicketFacts, error) {
	facts := TicketFacts{Users: map[desk.UserID]desk.User{}}
	batch := &pgx.Batch{}
	if len(want.Users) > 0 {
		batch.Queue(directory.UsersByID, want.Users).Query(func(rows pgx.Rows) error {
			users, err := pgx.CollectRows(rows, pgx.RowToStructByName[desk.User])
			for _, u := range users {
				facts.Users[u.ID] = u
			}
			return err
		})
	}
	if want.Organization && t.OrganizationID != nil {
		batch.Queue(directory.Organizations.Select+` WHERE id = $1`, *t.OrganizationID).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowToStructByName[desk.Organization])
			if len(found) > 0 {
				facts.Organization = &found[0]
			}
			return err
		})
	}
	if want.Secondary != 0 {
		listInto(batch, &facts.Secondary, secondaryOf, want.Secondary)
	}
	if want.Tags {
		listInto(batch, &facts.Tags, tagsOfTicket, t.ID)
	}
	if want.Subscribers {
		listInto(batch, &facts.Subscribers, subscribersOf, t.ID)
	}
	if want.StandIns {
		listInto(batch, &facts.StandIns, standInsOf, t.OwnerID, want.Today.Format(time.DateOnly))
	}
	if want.Article != 0 {
		batch.Queue(timeBookedFor, want.Article).QueryRow(func(row pgx.Row) error { return row.Scan(&facts.Accounted) })
	}
	return facts, pg.Send(ctx, s.DB, batch, fmt.Sprintf("facts of ticket %d", t.ID))
}

func listInto[T any](batch *pgx.Batch, into *[]T, sql string, args ...any) {
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowTo[T])
		return err
	})
}
