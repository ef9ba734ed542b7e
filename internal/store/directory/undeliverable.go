package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// MarkUndeliverable notes that mail to these addresses, in lower case, does not arrive, so that no
// machine of ours writes to their users for a while.
func (s Keeper) MarkUndeliverable(ctx context.Context, addresses []string, at time.Time) error {
	return pg.Exec(ctx, s.DB, "mark undeliverable users", `
		UPDATE users
		SET preferences = preferences || jsonb_build_object('mail_delivery_failed', true, 'mail_delivery_failed_data', $2::timestamptz),
			updated_at = now()
		WHERE id IN (
			SELECT id
			FROM users
			WHERE email = ANY($1)
			ORDER BY id
			FOR NO KEY UPDATE)`, addresses, at)
}

// NotifiedAddress returns where a notification about a ticket went to that a user got between two
// moments; empty: there was none.
func (s Keeper) NotifiedAddress(ctx context.Context, ticket desk.TicketID, user desk.UserID, from, to time.Time) (address string, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `
		SELECT u.email
		FROM history h
		JOIN users u ON u.id = $2
		WHERE h.object = 'Ticket' AND h.o_id = $1
			AND h.type = 'notification'
			AND h.created_at BETWEEN $3 AND $4
			AND starts_with(h.value_to, u.email || '(')
		LIMIT 1`, ticket, user, from, to).Scan(&address)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("notification of user %d: %w", user, pg.Translate(err))
	}
	return address, nil
}

// MessageKnown reports whether an article has this Message-ID.
func (s Keeper) MessageKnown(ctx context.Context, md5 string) (known bool, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, `SELECT EXISTS (SELECT FROM ticket_articles WHERE message_id_md5 = $1)`, md5).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("known message: %w", pg.Translate(err))
	}
	return known, nil
}
