package rules_test

import (
	"encoding/json"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
)

func TestSpanOfConditionsThatSayNothingElse(t *testing.T) {
	t.Parallel()
	const may, june = "2024-05-01T00:00:00Z", "2024-06-01T00:00:00Z"
	before, after := `{"operator": "before (absolute)", "value": "`+june+`"}`, `{"operator": "after (absolute)", "value": "`+may+`"}`
	for _, tc := range []struct {
		name, condition, from, to string
		only                      bool
	}{
		{"an end", `{"ticket.created_at": ` + before + `}`, "", june, true},
		{"a beginning", `{"ticket.created_at": ` + after + `}`, may, "", true},
		{"both, one below the other", `{"operator": "AND", "conditions": [{"name": "ticket.created_at", ` + after[1:] + `,
			{"operator": "AND", "conditions": [{"name": "ticket.created_at", ` + before[1:] + `]}]}`, may, june, true},
		{"the narrower of two ends", `{"operator": "AND", "conditions": [{"name": "ticket.created_at", ` + before[1:] + `,
			{"name": "ticket.created_at", "operator": "before (absolute)", "value": "` + may + `"}]}`, "", may, true},
		{"relative", `{"ticket.created_at": {"operator": "before (relative)", "value": 1, "range": "day"}}`, "", "2024-06-30T12:00:00Z", true},
		{"another time", `{"ticket.updated_at": ` + before + `}`, "", "", false},
		{"of somebody else", `{"customer.created_at": ` + before + `}`, "", "", false},
		{"and more", `{"ticket.created_at": ` + before + `, "ticket.title": {"operator": "contains", "value": "x"}}`, "", "", false},
		{"one of two", `{"operator": "OR", "conditions": [{"name": "ticket.created_at", ` + before[1:] + `, {"name": "ticket.created_at", ` + after[1:] + `]}`, "", "", false},
		{"not", `{"operator": "NOT", "conditions": [{"name": "ticket.created_at", ` + before[1:] + `]}`, "", "", false},
		{"nothing", `{}`, "", "", false},
	} {
		var raw any
		if err := json.Unmarshal([]byte(tc.condition), &raw); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		condition, err := rules.ReadCondition(raw, rules.TicketAttributes(&desk.Catalog{}))
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		bound, err := condition.Bind(rules.Context{Now: time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		span, only := bound.Span("created_at")
		if only != tc.only || stamp(span.From) != tc.from || stamp(span.To) != tc.to {
			t.Errorf("%s: from %q to %q, %t; want %q, %q, %t", tc.name, stamp(span.From), stamp(span.To), only, tc.from, tc.to, tc.only)
		}
	}
}

func stamp(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
