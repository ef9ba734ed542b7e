package signin

import (
	"context"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Methods of a second factor.
const (
	AuthenticatorApp = "authenticator_app"
	RecoveryCodes    = "recovery_codes" // they stand in for any other method
)

// SecondFactor is something that somebody proves to have beside knowing a password.
type SecondFactor struct {
	ID       int64
	UserID   desk.UserID
	Method   string
	Secret   *string // of an authenticator app
	LastStep int64   // codes up to this step are spent
	Codes    int     // recovery codes that are left
}

const secondFactors = `
	SELECT id, user_id, method, secret, last_step, cardinality(codes) AS codes
	FROM user_two_factor_preferences
	WHERE user_id = ANY($1)
	ORDER BY id`

// SecondFactors returns the second factors of some users.
func (s Keeper) SecondFactors(ctx context.Context, users ...desk.UserID) (map[desk.UserID][]SecondFactor, error) {
	list, err := pg.Many[SecondFactor](ctx, s.DB, "second factors", secondFactors, users)
	if err != nil {
		return nil, err
	}
	all := map[desk.UserID][]SecondFactor{}
	for _, factor := range list {
		if factor.Secret != nil {
			opened, err := pg.Sealer(s.DB).Open(*factor.Secret)
			if err != nil {
				return nil, fmt.Errorf("second factor %d: %w", factor.ID, err)
			}
			factor.Secret = &opened
		}
		all[factor.UserID] = append(all[factor.UserID], factor)
	}
	return all, nil
}

// PutAuthenticatorApp makes a secret somebody's second factor. step is that of the code which proved
// that the app knows it.
func (s Keeper) PutAuthenticatorApp(ctx context.Context, user desk.UserID, secret string, step int64) error {
	sealed, err := pg.Sealer(s.DB).Seal(secret)
	if err != nil {
		return err
	}
	return pg.Exec(ctx, s.DB, "put authenticator app", `
		INSERT INTO user_two_factor_preferences (user_id, method, secret, last_step)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, method) DO UPDATE
		SET secret = excluded.secret, last_step = excluded.last_step, updated_at = now()`, user, AuthenticatorApp, sealed, step)
}

// PutRecoveryCodes replaces somebody's recovery codes.
func (s Keeper) PutRecoveryCodes(ctx context.Context, user desk.UserID, hashes [][]byte) error {
	return pg.Exec(ctx, s.DB, "put recovery codes", `
		INSERT INTO user_two_factor_preferences (user_id, method, codes)
		VALUES ($1, $2, $3)
		ON CONFLICT (user_id, method) DO UPDATE
		SET codes = excluded.codes, updated_at = now()`, user, RecoveryCodes, hashes)
}

// SpendStep uses the code of a step up. It reports whether that was possible: no code works twice,
// and none that is older than one used before.
func (s Keeper) SpendStep(ctx context.Context, user desk.UserID, step int64) (bool, error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, `
		UPDATE user_two_factor_preferences
		SET last_step = $3, updated_at = now()
		WHERE user_id = $1 AND method = $2 AND last_step < $3`, user, AuthenticatorApp, step)
	if err != nil {
		return false, fmt.Errorf("spend code of user %d: %w", user, pg.Translate(err))
	}
	return tag.RowsAffected() == 1, nil
}

// SpendRecoveryCode uses a recovery code up. It reports whether there was one.
func (s Keeper) SpendRecoveryCode(ctx context.Context, user desk.UserID, hash []byte) (bool, error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, `
		UPDATE user_two_factor_preferences
		SET codes = array_remove(codes, $3), updated_at = now()
		WHERE user_id = $1 AND method = $2 AND $3 = ANY (codes)`, user, RecoveryCodes, hash)
	if err != nil {
		return false, fmt.Errorf("spend recovery code of user %d: %w", user, pg.Translate(err))
	}
	return tag.RowsAffected() == 1, nil
}

// DeleteSecondFactors takes second factors of these methods away from somebody. It returns how many
// there were.
func (s Keeper) DeleteSecondFactors(ctx context.Context, user desk.UserID, methods ...string) (int, error) {
	tag, err := pg.Conn(s.DB).Exec(ctx, `
		DELETE FROM user_two_factor_preferences
		WHERE user_id = $1 AND method = ANY($2)`, user, methods)
	if err != nil {
		return 0, fmt.Errorf("delete second factors of user %d: %w", user, pg.Translate(err))
	}
	return int(tag.RowsAffected()), nil
}

// passwordCheckLasts is how long somebody who just typed the own password needs not to again.
const passwordCheckLasts = time.Hour

// PasswordChecked reports whether a token says that a user typed the own password lately.
func (s Keeper) PasswordChecked(ctx context.Context, user desk.UserID, hash []byte) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "password check", `
		SELECT EXISTS (
			SELECT
			FROM tokens
			WHERE token_hash = $1 AND user_id = $2 AND action = 'PasswordCheck' AND created_at > now() - $3::interval)`,
		hash, user, passwordCheckLasts)
}
