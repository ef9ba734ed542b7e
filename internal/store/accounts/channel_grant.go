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

const channelGrant = `
	SELECT access_token, refresh_token, expires_at, failures, retry_at, problem
	FROM channel_grants
	WHERE channel_id = $1`

// ChannelGrant returns what lets us into a channel's account, or desk.ErrNotFound.
func (s Keeper) ChannelGrant(ctx context.Context, id desk.ChannelID) (desk.AccountGrant, error) {
	return s.readChannelGrant(ctx, channelGrant, id)
}

// LockChannelGrant is ChannelGrant for a transaction that is going to renew it: no other does
// until this one ends.
func (s Keeper) LockChannelGrant(ctx context.Context, id desk.ChannelID) (desk.AccountGrant, error) {
	return s.readChannelGrant(ctx, channelGrant+` FOR NO KEY UPDATE`, id)
}

func (s Keeper) readChannelGrant(ctx context.Context, sql string, id desk.ChannelID) (desk.AccountGrant, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, sql, id)
	grant, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.AccountGrant])
	if err != nil {
		return desk.AccountGrant{}, fmt.Errorf("grant of channel %d: %w", id, pg.Translate(err))
	}
	for _, secret := range []*string{&grant.AccessToken, &grant.RefreshToken} {
		if *secret, err = pg.Sealer(s.DB).Open(*secret); err != nil {
			return desk.AccountGrant{}, fmt.Errorf("grant of channel %d: %w", id, err)
		}
	}
	return grant, nil
}

// SaveChannelGrant stores what lets us into a channel's account, instead of what did before.
func (s Keeper) SaveChannelGrant(ctx context.Context, id desk.ChannelID, grant desk.AccountGrant) error {
	return s.writeChannelGrant(ctx, id, grant, `DO UPDATE
		SET access_token = EXCLUDED.access_token, refresh_token = EXCLUDED.refresh_token, expires_at = EXCLUDED.expires_at,
			failures = EXCLUDED.failures, retry_at = EXCLUDED.retry_at, problem = EXCLUDED.problem, updated_at = now()`)
}

// AddChannelGrant is SaveChannelGrant unless there is one.
func (s Keeper) AddChannelGrant(ctx context.Context, id desk.ChannelID, grant desk.AccountGrant) error {
	return s.writeChannelGrant(ctx, id, grant, `DO NOTHING`)
}

func (s Keeper) writeChannelGrant(ctx context.Context, id desk.ChannelID, grant desk.AccountGrant, onConflict string) error {
	access, err := pg.Sealer(s.DB).Seal(grant.AccessToken)
	if err != nil {
		return fmt.Errorf("grant of channel %d: %w", id, err)
	}
	refresh, err := pg.Sealer(s.DB).Seal(grant.RefreshToken)
	if err != nil {
		return fmt.Errorf("grant of channel %d: %w", id, err)
	}
	return pg.Exec(ctx, s.DB, "grant of channel", `
		INSERT INTO channel_grants (channel_id, access_token, refresh_token, expires_at, failures, retry_at, problem)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (channel_id) `+onConflict,
		id, access, refresh, grant.ExpiresAt, grant.Failures, grant.RetryAt, grant.Problem)
}

// EndAccessToken makes a channel's access token one that can't be used any more, unless another
// one is there by now or this one is younger than so long.
func (s Keeper) EndAccessToken(ctx context.Context, id desk.ChannelID, token string, younger time.Duration) error {
	return s.inTx(ctx, func(tx Keeper) error {
		grant, err := tx.LockChannelGrant(ctx, id)
		if errors.Is(err, desk.ErrNotFound) || err == nil && grant.AccessToken != token {
			return nil
		}
		if err != nil {
			return err
		}
		return pg.Exec(ctx, tx.DB, "end access token", `
			UPDATE channel_grants
			SET expires_at = NULL, access_token = ''
			WHERE channel_id = $1 AND updated_at < now() - $2::interval`, id, younger)
	})
}

// channelTurn moves the time of the next message on by what one message takes, and tells how long
// the one that asked has to wait. Who would wait for longer than $3 gets no turn and takes none.
const channelTurn = `
	WITH turn AS (
		SELECT greatest(coalesce((SELECT next_at FROM channel_pace WHERE channel_id = $1), clock_timestamp()), clock_timestamp()) AS at
	), taken AS (
		INSERT INTO channel_pace AS p (channel_id, next_at)
		SELECT $1, at + $2::interval FROM turn
		ON CONFLICT (channel_id) DO UPDATE
		SET next_at = greatest(p.next_at, clock_timestamp()) + $2::interval
		WHERE p.next_at <= clock_timestamp() + $3::interval
		RETURNING next_at - $2::interval AS at
	)
	SELECT extract(epoch FROM coalesce((SELECT at FROM taken), (SELECT at FROM turn)) - clock_timestamp())::float8,
		EXISTS (SELECT FROM taken)`

// ChannelTurn gives a message its turn on a channel whose server takes one every so often: how
// long it has to wait. When that is longer than patience it has no turn, and may ask again then.
func (s Keeper) ChannelTurn(ctx context.Context, id desk.ChannelID, every, patience time.Duration) (wait time.Duration, ok bool, err error) {
	var seconds float64
	if err := pg.Conn(s.DB).QueryRow(ctx, channelTurn, id, every, patience).Scan(&seconds, &ok); err != nil {
		return 0, false, fmt.Errorf("turn on channel %d: %w", id, pg.Translate(err))
	}
	return max(0, time.Duration(seconds*float64(time.Second))), ok, nil
}
