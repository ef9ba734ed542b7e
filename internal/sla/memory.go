package sla

import (
	"maps"
	"strconv"
	"time"

	"postroom/internal/desk"
)

// MemoryKey is where a ticket's preferences keep from what its deadlines were last calculated.
const MemoryKey = "escalation_calculation"

// memory is what the deadlines of a ticket were last calculated from.
type memory struct {
	known             bool // there is one
	firstResponseAt   *time.Time
	lastUpdateAt      *time.Time
	closeAt           *time.Time
	lastContactAt     *time.Time
	slaID             int64
	slaUpdatedAt      *time.Time
	calendarID        int64
	calendarUpdatedAt *time.Time
	disabled          bool
}

// remembered reads a ticket's memory. What can't be read counts as not there: then everything is
// calculated anew.
func remembered(preferences map[string]any) memory {
	raw, ok := preferences[MemoryKey].(map[string]any)
	if !ok {
		return memory{}
	}
	disabled, _ := raw["escalation_disabled"].(bool)
	return memory{
		known:             true,
		firstResponseAt:   readTime(raw["first_response_at"]),
		lastUpdateAt:      readTime(raw["last_update_at"]),
		closeAt:           readTime(raw["close_at"]),
		lastContactAt:     readTime(raw["last_contact_at"]),
		slaID:             readID(raw["sla_id"]),
		slaUpdatedAt:      readTime(raw["sla_updated_at"]),
		calendarID:        readID(raw["calendar_id"]),
		calendarUpdatedAt: readTime(raw["calendar_updated_at"]),
		disabled:          disabled,
	}
}

// equal reports whether two memories lead to the same decisions.
func (m memory) equal(o memory) bool {
	return m.known && o.known && m.disabled == o.disabled && m.slaID == o.slaID && m.calendarID == o.calendarID &&
		same(m.slaUpdatedAt, o.slaUpdatedAt) && same(m.calendarUpdatedAt, o.calendarUpdatedAt) &&
		same(m.firstResponseAt, o.firstResponseAt) && same(m.lastUpdateAt, o.lastUpdateAt) &&
		same(m.closeAt, o.closeAt) && same(m.lastContactAt, o.lastContactAt)
}

// store returns preferences with the memory in them.
func (m memory) store(preferences map[string]any) map[string]any {
	raw := map[string]any{"escalation_disabled": m.disabled}
	for key, at := range map[string]*time.Time{
		"first_response_at": m.firstResponseAt, "last_update_at": m.lastUpdateAt, "close_at": m.closeAt,
		"last_contact_at": m.lastContactAt, "sla_updated_at": m.slaUpdatedAt, "calendar_updated_at": m.calendarUpdatedAt,
	} {
		if at != nil {
			raw[key] = at.UTC().Format(desk.TimeForm)
		}
	}
	if m.slaID != 0 {
		raw["sla_id"], raw["calendar_id"] = m.slaID, m.calendarID
	}
	preferences = maps.Clone(preferences)
	if preferences == nil {
		preferences = map[string]any{}
	}
	preferences[MemoryKey] = raw
	return preferences
}

func readTime(value any) *time.Time {
	text, _ := value.(string)
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return nil
	}
	return &at
}

// readID reads an id as this program or a JSON decoder left it.
func readID(value any) int64 {
	switch v := value.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	case interface{ Int64() (int64, error) }: // json.Number
		n, _ := v.Int64()
		return n
	case string:
		n, _ := strconv.ParseInt(v, 10, 64)
		return n
	}
	return 0
}

// same compares times as the database keeps them.
func same(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Millisecond).Equal(b.Truncate(time.Millisecond))
}
