package library

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/table"
)

// Webhooks are addresses that triggers and schedulers report to. Their secrets come out of this
// table sealed; Webhook opens them.
var Webhooks = &table.Of[desk.Webhook, desk.WebhookID]{
	Class:  "Webhook",
	Name:   "webhooks",
	Search: "name, endpoint, note",
	Select: `
		SELECT id, name, endpoint, signature_token, ssl_verify, basic_auth_username, basic_auth_password,
			pre_defined_webhook_type, customized_payload, custom_payload, preferences, note, active,
			updated_by_id, created_by_id, created_at, updated_at
		FROM webhooks`,
	Create: `
		INSERT INTO webhooks (name, endpoint, signature_token, ssl_verify, basic_auth_username, basic_auth_password,
			pre_defined_webhook_type, customized_payload, custom_payload, preferences, note, active, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
		RETURNING id`,
	Update: `
		UPDATE webhooks
		SET name = $1, endpoint = $2, signature_token = $3, ssl_verify = $4, basic_auth_username = $5, basic_auth_password = $6,
			pre_defined_webhook_type = $7, customized_payload = $8, custom_payload = $9, preferences = $10, note = $11, active = $12,
			updated_by_id = $13, updated_at = now()
		WHERE id = $14`,
	Values: func(v desk.Webhook) []any {
		return []any{
			v.Name, v.Endpoint, v.SignatureToken, v.SSLVerify, v.BasicAuthUsername, v.BasicAuthPassword,
			v.PreDefinedWebhookType, v.CustomizedPayload, v.CustomPayload, pg.Object(v.Preferences), v.Note, v.Active, v.UpdatedByID,
		}
	},
	Parts: func(v *desk.Webhook) (*desk.WebhookID, *desk.Stamp) { return &v.ID, &v.Stamp },
	Check: func(_ context.Context, tx *pg.DB, v *desk.Webhook) error {
		return eachWebhookSecret(v, pg.Sealer(tx).Seal)
	},
	Needed: func(ctx context.Context, tx *pg.DB, id desk.WebhookID) error {
		users, err := On(tx).usersOfWebhook(ctx, id)
		if err == nil && len(users) > 0 {
			err = &desk.InvalidError{Field: "id", Reason: "Cannot delete! This webhook is referenced by " + strings.Join(users, ", ")}
		}
		return err
	},
}

func eachWebhookSecret(v *desk.Webhook, change func(string) (string, error)) error {
	for _, secret := range []**string{&v.SignatureToken, &v.BasicAuthPassword} {
		if *secret == nil {
			continue
		}
		changed, err := change(**secret)
		if err != nil {
			return fmt.Errorf("secrets of webhook %d: %w", v.ID, err)
		}
		*secret = &changed
	}
	return nil
}

// Webhook returns one webhook with its secrets in clear, or a *desk.MissingError.
func (s Keeper) Webhook(ctx context.Context, id desk.WebhookID) (desk.Webhook, error) {
	v, err := Webhooks.Get(ctx, s.DB, id)
	if err != nil {
		return desk.Webhook{}, err
	}
	return v, eachWebhookSecret(&v, pg.Sealer(s.DB).Open)
}

// usersOfWebhook names what reports to a webhook, as in Trigger: escalated.
func (s Keeper) usersOfWebhook(ctx context.Context, id desk.WebhookID) ([]string, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, `
		SELECT 'Trigger: ' || name
		FROM triggers
		WHERE perform #>> '{notification.webhook,webhook_id}' = $1::bigint::text
		UNION ALL
		SELECT 'Job: ' || name
		FROM schedulers
		WHERE perform #>> '{notification.webhook,webhook_id}' = $1::bigint::text
		ORDER BY 1
		LIMIT 20`, id)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("users of webhook %d: %w", id, pg.Translate(err))
	}
	return names, nil
}
