package directory

import (
	"context"

	"postroom/internal/store/pg"
)

const (
	refuseSMS = `INSERT INTO sms_refusals (number) VALUES ($1) ON CONFLICT DO NOTHING`
	takeSMS   = `DELETE FROM sms_refusals WHERE number = $1`
)

// KeepSMSConsent remembers whether a number wants text messages. A number is its digits.
func (s Keeper) KeepSMSConsent(ctx context.Context, number string, refused bool) error {
	if refused {
		return pg.Exec(ctx, s.DB, "refuse text messages", refuseSMS, number)
	}
	return pg.Exec(ctx, s.DB, "take text messages", takeSMS, number)
}

// RefusedSMS returns those of the numbers that want no text messages.
func (s Keeper) RefusedSMS(ctx context.Context, numbers []string) (map[string]bool, error) {
	found, err := pg.Column[string](ctx, s.DB, "refused text messages", `SELECT number FROM sms_refusals WHERE number = ANY($1)`, numbers)
	refused := map[string]bool{}
	for _, number := range found {
		refused[number] = true
	}
	return refused, err
}
