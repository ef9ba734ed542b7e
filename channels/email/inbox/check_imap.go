package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
)

// What account checks need of an IMAP session.

func (s *session) total() int { return int(s.count) }

// hasContent looks for a mail that no wizard sent.
func (s *session) hasContent(ctx context.Context) (bool, error) {
	const step = 100 // messages a command
	for first := uint32(1); first <= s.count; first += step {
		var set imap.SeqSet
		set.AddRange(first, min(first+step-1, s.count))
		found := false
		err := s.headers(ctx, set, func(_ imap.UID, header []byte) {
			found = found || scanHeader(header).isContent()
		})
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// hasOld asks for mail by the dates that senders wrote. Mail without any, which servers take for very
// old, is none: what is brought in as an archive has to have a date.
func (s *session) hasOld(ctx context.Context, before time.Time) (old bool, err error) {
	since := time.Date(1980, time.January, 2, 0, 0, 0, 0, time.UTC)
	err = s.within(ctx, s.limits.search, func() error {
		found, err := s.client.UIDSearch(&imap.SearchCriteria{SentSince: since, SentBefore: before}, nil).Wait()
		old = err == nil && len(found.AllUIDs()) > 0
		return err
	})
	return old, err
}

// headers shows the header blocks of messages.
func (s *session) headers(ctx context.Context, set imap.NumSet, show func(uid imap.UID, header []byte)) error {
	section := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}
	return s.within(ctx, s.limits.details, func() error {
		command := s.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		return s.messages(command, 0, func(uid imap.UID, one fetched) { show(uid, one.raw) })
	})
}

// takeProbe looks for the marker among the newest mail and deletes the mail that has it.
func (s *session) takeProbe(ctx context.Context, marker string) (bool, error) {
	if s.count == 0 {
		return false, nil
	}
	var newest imap.SeqSet
	newest.AddRange(s.count-min(s.count, newestLooked)+1, s.count)
	var hits imap.UIDSet
	err := s.headers(ctx, newest, func(uid imap.UID, header []byte) {
		if hasMarker(header, marker) {
			hits.AddNum(uid)
		}
	})
	if err != nil || len(hits) == 0 {
		return false, err
	}
	err = s.within(ctx, s.limits.store, func() error { return s.remove(hits) })
	if err != nil {
		return true, fmt.Errorf("delete the test message: %w", err)
	}
	return true, nil
}

// remove deletes messages for good.
func (s *session) remove(uids imap.UIDSet) error {
	deleted := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}
	if err := s.client.Store(uids, deleted, nil).Close(); err != nil {
		return err
	}
	err := s.expunge(uids)
	if errors.Is(err, errOthersMarked) {
		return nil // whoever removes those removes ours along
	}
	return err
}
