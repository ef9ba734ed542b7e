package intake

import (
	"context"
	"strconv"
	"strings"
	"time"

	"postroom/channels/email/account"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store"
)

// importArchive files mail of an archive as what it was when it was written: done with, and nothing
// that anybody or anything has to act on.
func importArchive(ctx context.Context, tx *store.Store, m *mail) error {
	if !m.fromArchive() {
		return nil
	}
	known, err := tx.MessageKnown(ctx, thread.MessageIDSum(m.MessageID))
	if err != nil {
		return err
	}
	if known {
		m.ignore = true
		return nil
	}
	written := m.Date.UTC().Format(time.RFC3339)
	m.attributes["ticket-created_at"], m.attributes["article-created_at"] = written, written
	m.attributes["is-auto-response"] = "true"
	if state := m.archiveState(); state != 0 {
		id := strconv.FormatInt(int64(state), 10)
		m.attributes["ticket-state_id"], m.attributes["ticket-followup-state_id"] = id, id
	}
	m.archived = true
	if m.ticket == nil {
		m.ticket = m.answered()
	}
	return nil
}

func (m *mail) mailboxOptions() account.Options {
	inbound, _ := m.channel.Options["inbound"].(map[string]any)
	options, _ := inbound["options"].(map[string]any)
	return options
}

// fromArchive reports whether the mail is so old that its channel takes it for a part of an archive.
func (m *mail) fromArchive() bool {
	options := m.mailboxOptions()
	if !options.Flag("archive", false) || m.Date == nil {
		return false
	}
	before := strings.TrimSpace(options.Text("archive_before"))
	if before == "" {
		return true
	}
	end, ok := moment(before)
	return ok && m.Date.UTC().Format(time.DateOnly) <= end.Format(time.DateOnly)
}

// archiveState is the state of what comes from an archive.
func (m *mail) archiveState() desk.StateID {
	if id, err := strconv.ParseInt(m.mailboxOptions().Text("archive_state_id"), 10, 64); err == nil && m.catalog.States[desk.StateID(id)].Active {
		return desk.StateID(id)
	}
	for _, id := range m.catalog.StatesOf(desk.ClosedTypes) {
		if m.catalog.States[id].Active {
			return id
		}
	}
	return 0
}
