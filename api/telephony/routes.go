package telephony

import (
	"postroom/api/rest"
	"postroom/channels/cti"
	"postroom/internal/desk/telephone"
)

// Routes are the addresses of calls. Telephone systems show that they may call them by the token in
// the path.
func (s *Room) Routes(t *rest.Table) {
	event := rest.Record{{"event", ""}, {"direction", ""}, {"callId", ""}, {"from", ""}, {"to", ""}, {"user", nil}, {"queue", ""}, {"cause", ""}, {"answeringNumber", ""}}
	answer := rest.AnyOf{rest.Record{{"action", ""}, {"reason", ""}}, rest.Record{{"action", ""}, {"caller_id", ""}, {"number", ""}}, rest.Record{}}
	t.Handle("POST /api/v1/cti/{token}", rest.Webhook, s.receive(cti.Generic, "")).Takes(event).Gives(answer)
	t.Handle("POST /api/v1/sipgate/{token}/in", rest.Webhook, s.receive(cti.Sipgate, telephone.CallIn)).Takes(event).GivesFile("application/xml")
	t.Handle("POST /api/v1/sipgate/{token}/out", rest.Webhook, s.receive(cti.Sipgate, telephone.CallOut)).Takes(event).GivesFile("application/xml")
	t.Handle("POST /api/v1/placetel/{token}", rest.Webhook, s.receive(cti.Placetel, "")).Takes(event).GivesFile("application/xml")

	agents := rest.Needs("cti.agent")
	t.Handle("GET /api/v1/cti/log", agents, s.listCalls).Gives(logSample)
	t.Handle("POST /api/v1/cti/done/bulk", agents, s.finishCalls).Takes(rest.Record{{"ids", []int64{}}})
	t.Handle("POST /api/v1/cti/done/{id}", agents, s.finishCall).Takes(rest.Record{{"done", false}})
}
