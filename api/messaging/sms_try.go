package messaging

import (
	"net/http"

	"postroom/api/rest"
	"postroom/channels/sms"
	"postroom/internal/desk"
	"postroom/internal/store/seal"
)

// trySMS sends a message by options that are not stored yet, or came back masked. Its answer is a 200 in
// any case.
func (s *Room) trySMS(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	object, ok := p.Object("options")
	if !ok {
		return rest.Invalid("options", "The required parameter 'options' is missing.")
	}
	sent := rest.Params(object)
	for _, name := range []string{"recipient", "message"} {
		if p.Blank(name) {
			return rest.Invalid(name, "The required parameter '%s' is missing.", name)
		}
	}
	all, err := s.Store.ChannelsIn(ctx, smsAreas...)
	if err != nil {
		return err
	}
	options := map[string]any(sent)
	for _, channel := range all {
		if sameGateway(sent, channel) {
			options = unmaskedSMS(sent, channel)
			break
		}
	}
	if _, err := s.SMS.Send(ctx, sms.ReadOptions(options), p.Text("recipient"), p.Text("message")); err != nil {
		s.Log.InfoContext(ctx, "trial message not sent", "adapter", sent.Text("adapter"), "error", err)
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"error", err.Error()}, {"error_human", err.Error()}})
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"success", true}})
}

// sameGateway reports whether options lead to where those of a channel lead. Only there may its secrets go.
func sameGateway(sent rest.Params, channel desk.Channel) bool {
	for _, name := range []string{"adapter", "account_id", "gateway"} {
		if sent.Text(name) != option(channel, name) {
			return false
		}
	}
	return true
}

// unmaskedSMS puts the secrets of a channel in place of their masks, where they go to the same gateway.
func unmaskedSMS(sent rest.Params, channel desk.Channel) map[string]any {
	if !sameGateway(sent, channel) {
		return sent
	}
	return seal.Unmask(map[string]any(sent), channel.Options, rest.SecretMask)
}
