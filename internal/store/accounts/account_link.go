package accounts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// AddAccountLink stores an administrator who is sent to a provider, under the hash of what the
// provider repeats to us.
func (s Keeper) AddAccountLink(ctx context.Context, state []byte, link desk.AccountLink) error {
	verifier, err := pg.Sealer(s.DB).Seal(link.Verifier)
	if err != nil {
		return fmt.Errorf("account link: %w", err)
	}
	return pg.Exec(ctx, s.DB, "account link", `
		INSERT INTO account_links (state_hash, provider, verifier, shared_mailbox, channel_id, user_id, expires_at)
		VALUES ($1, $2, $3, $4, nullif($5, 0), $6, $7)`,
		state, link.Provider, verifier, link.SharedMailbox, int64(link.ChannelID), link.UserID, link.ExpiresAt)
}

// TakeAccountLink returns who came back with a state, once, or desk.ErrNotFound.
func (s Keeper) TakeAccountLink(ctx context.Context, state []byte, user desk.UserID) (desk.AccountLink, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		DELETE FROM account_links
		WHERE state_hash = $1 AND user_id = $2 AND expires_at > now()
		RETURNING provider, verifier, shared_mailbox, coalesce(channel_id, 0) AS channel_id, user_id, expires_at`, state, user)
	link, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.AccountLink])
	if err != nil {
		return desk.AccountLink{}, fmt.Errorf("account link: %w", pg.Translate(err))
	}
	if link.Verifier, err = pg.Sealer(s.DB).Open(link.Verifier); err != nil {
		return desk.AccountLink{}, fmt.Errorf("account link: %w", err)
	}
	return link, nil
}
