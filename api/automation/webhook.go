package automation

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/library"
)

// Lengths of columns, in characters.
const (
	maxEndpoint    = 2000
	maxSignature   = 200
	maxWebhookNote = 500
)

func (s *Room) webhooks() *rest.Resource[desk.Webhook, desk.WebhookID] {
	return &rest.Resource[desk.Webhook, desk.WebhookID]{
		House:    s.House,
		Table:    library.Webhooks,
		View:     s.webhookView,
		Sortable: []string{"name", "endpoint", "ssl_verify", "basic_auth_username", "pre_defined_webhook_type", "customized_payload", "note", "active"},
		Choice:   func(v desk.Webhook) (string, bool) { return v.Name, v.Active },
		Found:    rest.NewestFirst,
		Fresh:    func() desk.Webhook { return desk.Webhook{Active: true, SSLVerify: true} },
		Read:     readWebhook,
	}
}

// webhookView shows whether there are secrets, but not which.
func (s *Room) webhookView(*desk.Caller) rest.View[desk.Webhook] {
	shown := rest.ViewOf(s.House, library.Webhooks)
	shown.Records = rest.Each(func(v desk.Webhook) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"endpoint", v.Endpoint}, {"signature_token", masked(v.SignatureToken)},
			{"ssl_verify", v.SSLVerify}, {"basic_auth_username", v.BasicAuthUsername}, {"basic_auth_password", masked(v.BasicAuthPassword)},
			{"pre_defined_webhook_type", v.PreDefinedWebhookType}, {"customized_payload", v.CustomizedPayload},
			{"custom_payload", v.CustomPayload}, {"preferences", v.Preferences}, {"note", v.Note}, {"active", v.Active},
		}.Stamped(v.Stamp)
	})
	return shown
}

func masked(secret *string) *string {
	if secret == nil || *secret == "" {
		return secret
	}
	mask := rest.SecretMask
	return &mask
}

func readWebhook(_ context.Context, _ *store.Store, in *rest.Input, v *desk.Webhook) error {
	in.Text(&v.Name, "name", maxTitle)
	v.Name = strings.TrimSpace(v.Name)
	in.Text(&v.Endpoint, "endpoint", maxEndpoint)
	v.Endpoint = strings.TrimSpace(v.Endpoint)
	readSecret(in, &v.SignatureToken, "signature_token", maxSignature)
	in.Flag(&v.SSLVerify, "ssl_verify")
	in.NullText(&v.BasicAuthUsername, "basic_auth_username", maxTitle)
	readSecret(in, &v.BasicAuthPassword, "basic_auth_password", maxTitle)
	in.NullText(&v.PreDefinedWebhookType, "pre_defined_webhook_type", maxTitle)
	in.Flag(&v.CustomizedPayload, "customized_payload")
	in.NullText(&v.CustomPayload, "custom_payload", maxRuleBytes)
	object(in, &v.Preferences, "preferences")
	in.NullHTML(&v.Note, "note", maxWebhookNote)
	in.Flag(&v.Active, "active")
	if in.Err == nil && v.Name == "" {
		return rest.Invalid("name", "Name can't be blank")
	}
	in.Keep(checkEndpoint(v.Endpoint))
	in.Keep(settlePayload(v))
	return in.Err
}

// readSecret takes a secret. The mask that stands for it in answers changes nothing.
func readSecret(in *rest.Input, dst **string, key string, most int) {
	if in.Params[key] != rest.SecretMask {
		in.NullText(dst, key, most)
	}
}

func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return rest.Invalid("endpoint", "Endpoint can't be blank")
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return rest.Invalid("endpoint", "Endpoint The provided endpoint is invalid.")
	case u.Scheme != "http" && u.Scheme != "https":
		return rest.Invalid("endpoint", "Endpoint The provided endpoint is invalid, no http or https protocol was specified.")
	case u.Hostname() == "":
		return rest.Invalid("endpoint", "Endpoint The provided endpoint is invalid, no hostname was specified.")
	}
	return nil
}

// settlePayload forgets a payload that is not used, and refuses one that is no JSON object.
func settlePayload(v *desk.Webhook) error {
	if !v.CustomizedPayload {
		v.CustomPayload = nil
	}
	if v.CustomPayload == nil || strings.TrimSpace(*v.CustomPayload) == "" {
		return nil
	}
	var payload map[string]any
	if err := json.Unmarshal([]byte(*v.CustomPayload), &payload); err != nil || payload == nil {
		return rest.Invalid("custom_payload", "Custom payload The provided payload is invalid. Please check your syntax.")
	}
	return nil
}
