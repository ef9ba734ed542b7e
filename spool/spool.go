// Package spool keeps mail that could not become a ticket as files, where an operator finds it.
//
// A mail is `<kind>/<id>.eml` with the reason in `<id>.json` beside it; a mail that somebody puts
// there by hand needs no such file. The id is the MD5 of the bytes, so the same mail is kept once.
// It knows files only: why a mail failed and how it is tried again is decided elsewhere.
package spool

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Kind is why mail is in the spool, and the name of its folder.
type Kind string

// The kinds of spooled mail.
const (
	Unprocessable Kind = "unprocessable_mail"
	Oversized     Kind = "oversized_mail"
)

// Kinds are all of them.
var Kinds = [...]Kind{Unprocessable, Oversized}

// Entry says what is known of a spooled mail.
type Entry struct {
	ID        string         `json:"id"`
	Kind      Kind           `json:"kind"`
	Reason    string         `json:"reason"`
	InboundID desk.InboundID `json:"inbound_id,omitempty"` // 0: not from the inbox table
	ChannelID desk.ChannelID `json:"channel_id,omitempty"` // 0: not from a channel
	FirstAt   time.Time      `json:"first_at"`
	LastAt    time.Time      `json:"last_at"`
	Attempts  int            `json:"attempts"`
	Size      int64          `json:"size"` // bytes of the mail
}

// Spool is a folder of mails. Any number of processes may use the same one.
type Spool struct {
	dir string
	now func() time.Time
}

// New returns the spool in a folder, which is made when the first mail is put into it.
func New(dir string) *Spool {
	return &Spool{dir: dir, now: func() time.Time { return time.Now().UTC() }}
}

// Put keeps a mail and why it is here. When it returns, both are on disk. The same mail again
// counts as another attempt; so does one that was given back, when entry has the attempts and the
// first time from before.
func (s *Spool) Put(kind Kind, raw []byte, entry Entry) (id string, err error) {
	sum := md5.Sum(raw)
	id = hex.EncodeToString(sum[:])
	if !slices.Contains(Kinds[:], kind) {
		return "", fmt.Errorf("spool kind %q is none of %v", kind, Kinds)
	}
	folder := filepath.Join(s.dir, string(kind))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()

	unlock, err := lock(root)
	if err != nil {
		return "", fmt.Errorf("spool: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	entry.ID, entry.Kind, entry.Size = id, kind, int64(len(raw))
	entry.LastAt = s.now()
	if entry.FirstAt.IsZero() {
		entry.FirstAt = entry.LastAt
	}
	entry.Attempts++
	if before, known := readEntry(root, kind, id); known {
		if before.FirstAt.Before(entry.FirstAt) {
			entry.FirstAt = before.FirstAt
		}
		entry.Attempts = max(entry.Attempts, before.Attempts+1)
		entry.InboundID = cmp.Or(entry.InboundID, before.InboundID)
		entry.ChannelID = cmp.Or(entry.ChannelID, before.ChannelID)
	}
	about, err := json.MarshalIndent(entry, "", "  ")
	if err != nil {
		return "", fmt.Errorf("spool %s: %w", id, err)
	}
	// The mail first: without its reason it is still found.
	if err := writeFile(root, path.Join(string(kind), id+".eml"), raw); err != nil {
		return "", fmt.Errorf("spool %s: %w", id, err)
	}
	if err := writeFile(root, path.Join(string(kind), id+".json"), append(about, '\n')); err != nil {
		return "", fmt.Errorf("spool %s: %w", id, err)
	}
	return id, nil
}

// List returns all mails, the longest waiting first.
func (s *Spool) List() (entries []Entry, err error) {
	root, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, kind := range Kinds {
		ids, err := mailIDs(root, kind)
		if err != nil {
			return nil, fmt.Errorf("spool: %w", err)
		}
		for _, id := range ids {
			if entry, ok := lookUp(root, kind, id); ok {
				entries = append(entries, entry)
			}
		}
	}
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return cmp.Or(a.FirstAt.Compare(b.FirstAt), cmp.Compare(a.ID, b.ID))
	})
	return entries, nil
}

// Count returns how many mails of a kind there are.
func (s *Spool) Count(kind Kind) (n int, err error) {
	root, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	ids, err := mailIDs(root, kind)
	if err != nil {
		return 0, fmt.Errorf("spool: %w", err)
	}
	return len(ids), nil
}

// Show returns what is known of a mail, or desk.ErrNotFound.
func (s *Spool) Show(id string) (Entry, error) {
	var entry Entry
	err := s.find(id, func(root *os.Root, found Entry) error {
		entry = found
		return nil
	})
	return entry, err
}

// Raw returns the bytes of a mail, or desk.ErrNotFound.
func (s *Spool) Raw(id string) ([]byte, error) {
	var raw []byte
	err := s.find(id, func(root *os.Root, found Entry) (err error) {
		raw, err = root.ReadFile(path.Join(string(found.Kind), id+".eml"))
		return err
	})
	return raw, err
}

// Drop deletes a mail for good. It returns desk.ErrNotFound when there is none.
func (s *Spool) Drop(id string) error { return s.find(id, remove) }

// GivenBack deletes a mail that is to be processed again, as its entry was read before that was
// committed. One that has failed again since then stays.
func (s *Spool) GivenBack(entry Entry) error {
	err := s.find(entry.ID, func(root *os.Root, _ Entry) (err error) {
		unlock, err := lock(root)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, unlock()) }()
		if now, known := lookUp(root, entry.Kind, entry.ID); !known || now.Attempts != entry.Attempts || !now.LastAt.Equal(entry.LastAt) {
			return nil
		}
		return remove(root, entry)
	})
	if errors.Is(err, desk.ErrNotFound) {
		return nil // somebody else gave it back
	}
	return err
}

func remove(root *os.Root, entry Entry) error {
	name := path.Join(string(entry.Kind), entry.ID)
	if err := root.Remove(name + ".eml"); err != nil {
		return err
	}
	if err := root.Remove(name + ".json"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// find calls use with the mail of an id, whatever its kind.
func (s *Spool) find(id string, use func(*os.Root, Entry) error) (err error) {
	if !isID(id) {
		return fmt.Errorf("spooled mail %q: %w", id, desk.ErrNotFound)
	}
	root, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("spooled mail %s: %w", id, desk.ErrNotFound)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, kind := range Kinds {
		if entry, ok := lookUp(root, kind, id); ok {
			if err := use(root, entry); err != nil {
				return fmt.Errorf("spooled mail %s: %w", id, err)
			}
			return nil
		}
	}
	return fmt.Errorf("spooled mail %s: %w", id, desk.ErrNotFound)
}

func (s *Spool) open() (*os.Root, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return root, nil
}

// isID accepts names that stay inside their folder, also those of files put there by hand.
func isID(id string) bool {
	return id != "" && len(id) <= 200 && id[0] != '.' && !strings.ContainsAny(id, "/\\\x00")
}
