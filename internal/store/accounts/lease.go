package accounts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Times of leases are the database's: the clocks of our machines may differ.
const takeLease = `
	INSERT INTO channel_leases AS held (channel_id, holder, expires_at)
	SELECT id, $2, clock_timestamp() + $3 * interval '1 second'
	FROM channels
	WHERE id = $1
	ON CONFLICT (channel_id) DO UPDATE
	SET holder = EXCLUDED.holder, expires_at = EXCLUDED.expires_at
	WHERE held.holder = EXCLUDED.holder OR held.expires_at < clock_timestamp()`

// TakeLease makes holder the one that may poll a channel, for so long. It reports whether it did:
// not while another holder's lease lasts, nor when the channel is gone.
func (s Keeper) TakeLease(ctx context.Context, id desk.ChannelID, holder string, length time.Duration) (bool, error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, takeLease, id, holder, length.Seconds())
	if err != nil {
		return false, fmt.Errorf("lease of channel %d: %w", id, pg.Translate(err))
	}
	return tag.RowsAffected() == 1, nil
}

// LeaseHolder returns who may poll a channel at present; empty: nobody.
func (s Keeper) LeaseHolder(ctx context.Context, id desk.ChannelID) (string, error) {
	var holder string
	err := pg.Conn(s.DB).QueryRow(ctx, `SELECT holder FROM channel_leases WHERE channel_id = $1 AND expires_at > clock_timestamp()`, id).Scan(&holder)
	if err = pg.Translate(err); err != nil && !errors.Is(err, desk.ErrNotFound) {
		return "", fmt.Errorf("lease of channel %d: %w", id, err)
	}
	return holder, nil
}

const renewLeases = `
	UPDATE channel_leases
	SET expires_at = clock_timestamp() + $2 * interval '1 second'
	WHERE holder = $1
	RETURNING channel_id`

// RenewLeases prolongs what holder still holds, and returns it.
func (s Keeper) RenewLeases(ctx context.Context, holder string, length time.Duration) ([]desk.ChannelID, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, renewLeases, holder, length.Seconds())
	held, err := pgx.CollectRows(rows, pgx.RowTo[desk.ChannelID])
	if err != nil {
		return nil, fmt.Errorf("renew leases: %w", pg.Translate(err))
	}
	return held, nil
}

// ReleaseLease lets somebody else poll a channel. What is not holder's stays.
func (s Keeper) ReleaseLease(ctx context.Context, id desk.ChannelID, holder string) error {
	_, err := pg.Conn(s.DB).Exec(ctx, `DELETE FROM channel_leases WHERE channel_id = $1 AND holder = $2`, id, holder)
	if err != nil {
		return fmt.Errorf("release the lease of channel %d: %w", id, pg.Translate(err))
	}
	return nil
}
