package telephony

import (
	"net/http"
	"strconv"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
)

// log is the entry of the http log for this request. The token stays out of it.
func (v *visit) log(status int, answer reply) desk.HTTPLog {
	code, said := strconv.Itoa(status), answer.xml
	if said == "" {
		said = string(rest.AppendJSON(nil, answer.value))
	}
	l := desk.HTTPLog{
		Direction: "in", Facility: v.system.Facility, Method: v.r.Method, Status: &code,
		URL:      strings.Replace(v.r.URL.Path, v.r.PathValue("token"), rest.SecretMask, 1),
		Request:  map[string]any{"content": string(rest.AppendJSON(nil, map[string]any(v.sent)))},
		Response: map[string]any{"content": strings.ReplaceAll(said, v.r.PathValue("token"), rest.SecretMask)},
	}
	if ip := v.ClientIP(v.r); ip.IsValid() {
		text := ip.String()
		l.IP = &text
	}
	return l
}

// noteRefusal writes into the http log what was refused. Strangers get only so many entries: the
// address is open to everybody.
func (v *visit) noteRefusal(refusal rest.AnswerError) {
	if !v.trusted && (!v.refused.Allow() || refusal.Status != http.StatusUnauthorized) {
		return
	}
	l := v.log(refusal.Status, v.refuse(refusal.Text))
	if err := v.Store.AddHTTPLog(v.r.Context(), &l); err != nil {
		v.Log.WarnContext(v.r.Context(), "refusal not noted in the http log", "facility", v.system.Facility, "error", err)
	}
}
