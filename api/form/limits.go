package form

import (
	"context"
	"crypto/sha256"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

// limit is how many tickets may be made in a time. Those of one address share it, or all of them.
type limit struct {
	setting string
	within  time.Duration
	byIP    bool
}

// limits in the order of their times, and everybody's last: the row that all wait for.
var limits = []limit{
	{"form_ticket_create_by_ip_per_hour", time.Hour, true},
	{"form_ticket_create_by_ip_per_day", 24 * time.Hour, true},
	{"form_ticket_create_per_day", 24 * time.Hour, false},
}

func (l limit) key(ip string) []byte {
	if !l.byIP {
		ip = ""
	}
	sum := sha256.Sum256([]byte("form\x00" + l.setting + "\x00" + ip))
	return sum[:]
}

// most of a limit; 0 in the setting means that there is none.
func (l limit) most(c *desk.Catalog) int { return c.Settings.Int(l.setting) }

var errTooMany = &rest.AnswerError{Status: http.StatusTooManyRequests, Text: "Too many requests. Please try again later."}

// full turns away who would be one too many, before any work is done for them.
func full(ctx context.Context, s *store.Store, c *desk.Catalog, ip string) error {
	keys := make([][]byte, len(limits))
	for i, l := range limits {
		keys[i] = l.key(ip)
	}
	made, err := s.Attempts(ctx, keys)
	if err != nil {
		return err
	}
	for i, l := range limits {
		if most := l.most(c); most > 0 && made[i] >= most {
			return errTooMany
		}
	}
	return nil
}

// count counts a ticket in its own transaction: one that is not made does not count.
func count(ctx context.Context, tx *store.Store, c *desk.Catalog, ip string) error {
	for _, l := range limits {
		made, err := tx.CountAttempts(ctx, [][]byte{l.key(ip)}, l.within)
		if err != nil {
			return err
		}
		if most := l.most(c); most > 0 && made > most {
			return errTooMany
		}
	}
	return nil
}
