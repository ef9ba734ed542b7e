package intake

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store"
	"postroom/parser"
)

// What a delivery status notification has to say so that we act on it (RFC 3463).
const (
	statusNoSuchMailbox = "5.1.1"
	statusNoAnswer      = "4.4.1"
)

// followBounce gives a bounce to the ticket whose mail came back.
func followBounce(m *mail) {
	if m.ticket != nil || !m.Bounce.Failed() {
		return
	}
	for _, md5 := range m.mentions.returned {
		article, known := m.articleWith(md5)
		if !known {
			continue
		}
		if m.ticket = m.knownTicket(article.TicketID); m.ticket != nil {
			m.attributes["is-auto-response"] = "true"
			return
		}
	}
}

// markUndeliverable notes who can't be reached any more: machines write to them no longer.
func markUndeliverable(ctx context.Context, tx *store.Store, m *mail) error {
	b := m.Bounce
	if b == nil || !strings.EqualFold(b.Action, "failed") || b.Status != statusNoSuchMailbox {
		return nil
	}
	var gone []string
	for i, original := range b.Originals {
		if i == maxOriginals {
			break
		}
		addresses, ours, err := m.sentTo(ctx, tx, original)
		if err != nil {
			return err
		}
		if !ours {
			continue
		}
		if final := b.Recipient(); final != "" {
			addresses = append(addresses, final)
		}
		gone = append(gone, addresses...)
	}
	if len(gone) == 0 {
		return nil
	}
	slices.Sort(gone)
	return tx.MarkUndeliverable(ctx, slices.Compact(gone), m.known.Now)
}

// maxOriginals bounds how many mails that a bounce brings back are looked up: a stranger adds them.
const maxOriginals = 10

// sentTo finds out to whom a mail went that came back. ours is false when it was none that we wrote.
// Of several recipients nobody knows here which one can't be reached; the bounce may.
func (m *mail) sentTo(ctx context.Context, tx *store.Store, original parser.Original) (addresses []string, ours bool, err error) {
	answered, known := m.articleWith(thread.MessageIDSum(original.MessageID))
	if !known {
		address, err := notifiedBy(ctx, tx, original)
		if err != nil || address == "" {
			return nil, false, err
		}
		return []string{address}, true, nil
	}
	article, err := tx.Article(ctx, answered.ID)
	if err != nil || article.SenderID == desk.SenderCustomer {
		return nil, false, err
	}
	for _, header := range []*string{article.To, article.Cc} {
		if header == nil || *header == "" {
			continue
		}
		list, _ := parser.Addresses(*header)
		addresses = nil
		for _, one := range list {
			addresses = append(addresses, strings.ToLower(one.Email))
		}
	}
	if len(addresses) > 1 {
		addresses = nil
	}
	return addresses, true, nil
}

// notificationID is the Message-ID of a notification: of which ticket, to which user.
var notificationID = regexp.MustCompile(`^<notification\.\d+\.(\d+)\.(\d+)\.`)

// How far the date of a notification may be from its line in the history: mail is written a little
// later, where there is a lot to send or a server was away for a while.
const (
	notifiedBefore = 10 * time.Minute
	notifiedAfter  = 10 * time.Second
)

// notifiedBy is the address of the user whom a notification of ours was for. Anybody can write such
// a Message-ID, so the ticket's history has to know it.
func notifiedBy(ctx context.Context, tx *store.Store, original parser.Original) (string, error) {
	ids := notificationID.FindStringSubmatch(original.MessageID)
	if ids == nil || original.Date == nil {
		return "", nil
	}
	ticket, err := strconv.ParseInt(ids[1], 10, 64)
	if err != nil {
		return "", nil
	}
	user, err := strconv.ParseInt(ids[2], 10, 64)
	if err != nil {
		return "", nil
	}
	return tx.NotifiedAddress(ctx, desk.TicketID(ticket), desk.UserID(user), original.Date.Add(-notifiedBefore), original.Date.Add(notifiedAfter))
}

// checkDelay lets a mail server's word that it is still trying change no state.
func checkDelay(m *mail) {
	if m.Bounce != nil && strings.EqualFold(m.Bounce.Action, "delayed") && m.Bounce.Status == statusNoAnswer {
		m.outOfOffice = true
	}
}
