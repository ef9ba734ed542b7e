package intake_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
)

// wholeAreas are the areas of the vectors that need everything between a mail and its ticket.
var wholeAreas = []string{
	"decide.follow_up", "process.ticket", "process.follow_up_state", "process.bounce", "process.internal", "process.archive",
	"filter.perform", "filter.monitoring", "filter.external",
}

type vectorFilter struct {
	Name           string
	Match, Perform map[string]any
}

// monitored is the mail of a monitoring system.
type monitored struct{ Integration, From, Subject, Body string }

// raw is the mail of a vector.
func (v vector) raw(t testing.TB) string {
	t.Helper()
	raw := v.Input.Raw
	if v.Input.Fixture != "" {
		data, err := os.ReadFile(filepath.Join("../../parser/testdata/mail", v.Input.Fixture))
		if err != nil {
			t.Fatal(err)
		}
		raw = string(data)
	}
	if m := v.Input.monitored; m.From != "" {
		raw = fmt.Sprintf("From: %s\nTo: support@example.com\nSubject: %s\n\n%s", m.From, m.Subject, m.Body)
	}
	for _, pair := range v.Input.Replace {
		raw = strings.ReplaceAll(raw, pair[0], pair[1])
	}
	return raw
}

func (h *house) givenFilters(filters []vectorFilter) {
	h.t.Helper()
	for _, f := range filters {
		h.exec(`INSERT INTO postmaster_filters (name, channel, match, perform, updated_by_id, created_by_id, created_at)
			VALUES ($1, 'email', $2, $3, 1, 1, clock_timestamp())`, f.Name, f.Match, f.Perform)
	}
}

func (h *house) givenLinks(v vector, refs map[string]desk.TicketID) {
	h.t.Helper()
	for _, ticket := range v.Given.Tickets {
		if ticket.MergedInto == "" {
			continue
		}
		if _, err := h.store.AddLink(h.t.Context(), teamwork.LinkParent, refs[ticket.MergedInto], refs[ticket.Ref]); err != nil {
			h.t.Fatal(err)
		}
	}
	for _, known := range v.Given.ExternalSyncs {
		h.exec(`INSERT INTO external_syncs (source, source_id, ticket_id) VALUES ($1, $2, $3)`, known.Source, known.SourceID, refs[known.Ticket])
	}
}

// mailbox makes a channel with these options.
func (h *house) mailbox(options map[string]any) desk.ChannelID {
	h.t.Helper()
	return ask[desk.ChannelID](h, `INSERT INTO channels (area, options, group_id, updated_by_id, created_by_id)
		VALUES ('Email::Account', jsonb_build_object('inbound', jsonb_build_object('options', $1::jsonb)), 1, 1, 1)
		RETURNING id`, options)
}

// checkFiltered compares what filters decide.
func (h *house) checkFiltered(out outcome, key string, want json.RawMessage) {
	h.t.Helper()
	switch key {
	case "ignore", "ignored":
		equalJSON(h.t, key, out.State == "ignored", want)
	case "out-of-office": // seen in the ticket's state
	case "article_preferences":
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(want, &fields); err != nil {
			h.t.Fatal(err)
		}
		checkFields(h.t, fields, out.Article.Preferences)
	case "user_flagged":
		flagged := ask[[]string](h, `SELECT coalesce(array_agg(email ORDER BY email), '{}') FROM users WHERE preferences->'mail_delivery_failed' = 'true'`)
		equalJSON(h.t, key, flagged, want)
	case "notifications":
		equalJSON(h.t, key, ask[int](h, `SELECT count(*) FROM outbox WHERE kind = 'ticket.changed'`) > 0, want)
	case "tags_set":
		var tags []string
		if err := json.Unmarshal(want, &tags); err != nil {
			h.t.Fatal(err)
		}
		got, err := h.store.TagsOf(h.t.Context(), desk.ObjectTicket, int64(out.Ticket.ID))
		if err != nil {
			h.t.Fatal(err)
		}
		have := got[int64(out.Ticket.ID)]
		slices.Sort(have)
		slices.Sort(tags)
		if !slices.Equal(have, tags) {
			h.t.Errorf("tags = %q, want %q", have, tags)
		}
	case "pending_in_minutes":
		var minutes int
		if err := json.Unmarshal(want, &minutes); err != nil {
			h.t.Fatal(err)
		}
		if at := out.Ticket.PendingTime; at == nil || time.Until(*at).Abs() < time.Duration(minutes-2)*time.Minute || time.Until(*at) > time.Duration(minutes+1)*time.Minute {
			h.t.Errorf("pending until %v, want %d minutes from now", at, minutes)
		}
	case "external_sync":
		equalJSON(h.t, key, h.externalSync(out.Ticket.ID), want)
	case "preferences":
		_, reported := out.Ticket.Preferences["nagios"]
		if string(want) == "null" {
			equalJSON(h.t, key, reported, json.RawMessage("false"))
			return
		}
		equalJSON(h.t, key, out.Ticket.Preferences["nagios"], want)
	default:
		h.t.Errorf("the test does not know how to check %q", key)
	}
}

func (h *house) externalSync(id desk.TicketID) map[string]any {
	h.t.Helper()
	if ask[int](h, `SELECT count(*) FROM external_syncs`) == 0 {
		return nil
	}
	return ask[map[string]any](h, `SELECT jsonb_build_object('source', source, 'source_id', source_id, 'object', 'Ticket')
		FROM external_syncs WHERE ticket_id = $1`, id)
}
