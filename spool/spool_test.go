package spool

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"postroom/internal/desk"
)

// newSpool has a clock that goes on a minute each time it is read.
func newSpool(t *testing.T) *Spool {
	t.Helper()
	s := New(filepath.Join(t.TempDir(), "var", "spool"))
	reads := 0
	s.now = func() time.Time {
		reads++
		return time.Date(2026, 3, 1, 12, reads-1, 0, 0, time.UTC)
	}
	return s
}

func put(t *testing.T, s *Spool, kind Kind, raw string, entry Entry) string {
	t.Helper()
	id, err := s.Put(kind, []byte(raw), entry)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSpoolKeepsMailAndReason(t *testing.T) {
	t.Parallel()
	s := newSpool(t)
	id := put(t, s, Unprocessable, "no mail\r\n", Entry{Reason: "no sender", InboundID: 7, ChannelID: 3})
	if id != "fdedb7f636ec3a9597ee943e5756e020" {
		t.Errorf("id = %s, want the MD5 of the bytes", id)
	}
	raw, err := s.Raw(id)
	if err != nil || string(raw) != "no mail\r\n" {
		t.Errorf("raw = %q, %v", raw, err)
	}
	want := Entry{ID: id, Kind: Unprocessable, Reason: "no sender", InboundID: 7, ChannelID: 3, Attempts: 1, Size: 9,
		FirstAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), LastAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	if got, err := s.Show(id); err != nil || got != want {
		t.Errorf("entry = %+v, %v, want %+v", got, err, want)
	}
}

func TestSpoolCountsAttempts(t *testing.T) {
	t.Parallel()
	s := newSpool(t)
	first := put(t, s, Unprocessable, "x", Entry{Reason: "one", InboundID: 7})
	second := put(t, s, Unprocessable, "x", Entry{Reason: "two"})
	got, err := s.Show(second)
	if err != nil || first != second {
		t.Fatalf("%s, %s: %v", first, second, err)
	}
	if got.Attempts != 2 || got.Reason != "two" || got.InboundID != 7 || !got.LastAt.After(got.FirstAt) {
		t.Errorf("entry = %+v, want 2 attempts, the last reason, the first time and inbound id", got)
	}
	if entries, err := s.List(); err != nil || len(entries) != 1 {
		t.Errorf("%d entries, %v, want 1", len(entries), err)
	}
}

func TestSpoolRemembersMailThatWasGivenBack(t *testing.T) {
	t.Parallel()
	s := newSpool(t)
	put(t, s, Unprocessable, "x", Entry{Reason: "one", InboundID: 7})
	id := put(t, s, Unprocessable, "x", Entry{Reason: "two", InboundID: 7})
	before, err := s.Show(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.GivenBack(before); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Show(id); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("given back: %v, want not found", err)
	}
	if err := s.GivenBack(before); err != nil {
		t.Errorf("given back twice: %v", err)
	}
	put(t, s, Unprocessable, "x", Entry{Reason: "three", InboundID: 7, Attempts: before.Attempts, FirstAt: before.FirstAt})
	after, err := s.Show(id)
	if err != nil || after.Attempts != 3 || !after.FirstAt.Equal(before.FirstAt) || after.Reason != "three" {
		t.Errorf("entry = %+v, %v, want the third attempt since the first time", after, err)
	}
	// It failed before it was taken out of the spool: it stays.
	if err := s.GivenBack(before); err != nil {
		t.Fatal(err)
	}
	put(t, s, Unprocessable, "x", Entry{Reason: "four", InboundID: 7, Attempts: 3, FirstAt: before.FirstAt})
	if after, err := s.Show(id); err != nil || after.Attempts != 4 {
		t.Errorf("entry = %+v, %v, want four attempts: none counted twice", after, err)
	}
}

func TestSpoolListsOldestFirst(t *testing.T) {
	t.Parallel()
	s := newSpool(t)
	if entries, err := s.List(); err != nil || len(entries) != 0 {
		t.Fatalf("an empty spool lists %v, %v", entries, err)
	}
	a := put(t, s, Oversized, "b", Entry{})
	b := put(t, s, Unprocessable, "a", Entry{})
	byHand(t, s, "from customer.eml", "by hand")
	entries, err := s.List()
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d entries, %v, want 3", len(entries), err)
	}
	if entries[0].ID != a || entries[1].ID != b {
		t.Errorf("order = %s, %s, want %s, %s", entries[0].ID, entries[1].ID, a, b)
	}
	last := entries[2]
	if last.ID != "from customer" || last.Size != 7 || last.FirstAt.IsZero() || last.Kind != Unprocessable {
		t.Errorf("a mail put there by hand = %+v", last)
	}
	if raw, err := s.Raw("from customer"); err != nil || string(raw) != "by hand" {
		t.Errorf("raw = %q, %v", raw, err)
	}
	for kind, want := range map[Kind]int{Unprocessable: 2, Oversized: 1} {
		if n, err := s.Count(kind); err != nil || n != want {
			t.Errorf("%s: count = %d, %v, want %d", kind, n, err, want)
		}
	}
}

func byHand(t *testing.T, s *Spool, name, data string) {
	t.Helper()
	folder := filepath.Join(s.dir, string(Unprocessable))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSpoolSurvivesBrokenReason(t *testing.T) {
	t.Parallel()
	s := newSpool(t)
	id := put(t, s, Unprocessable, "x", Entry{Reason: "one"})
	byHand(t, s, id+".json", "{")
	if entry, err := s.Show(id); err != nil || entry.ID != id || entry.Size != 1 {
		t.Errorf("entry = %+v, %v", entry, err)
	}
	put(t, s, Unprocessable, "x", Entry{Reason: "two"})
	if entry, err := s.Show(id); err != nil || entry.Reason != "two" {
		t.Errorf("entry = %+v, %v", entry, err)
	}
}

func TestSpoolDrops(t *testing.T) {
	t.Parallel()
	s := newSpool(t)
	id := put(t, s, Unprocessable, "x", Entry{})
	if err := s.Drop(id); err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(id); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("dropped twice: %v, want not found", err)
	}
	left, err := os.ReadDir(filepath.Join(s.dir, string(Unprocessable)))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	byHand(t, s, "plain.eml", "x")
	if err := s.Drop("plain"); err != nil {
		t.Errorf("a mail without a reason: %v", err)
	}
}

func TestSpoolStaysInItsFolder(t *testing.T) {
	t.Parallel()
	s := newSpool(t)
	put(t, s, Unprocessable, "x", Entry{})
	secret := filepath.Join(s.dir, "secret.eml")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(s.dir, string(Unprocessable), "link.eml")
	if err := os.Symlink(secret, link); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", ".", "..", "../secret", "..\\secret", "/etc/passwd", "a/b", ".hidden", "x\x00", "link",
		strings.Repeat("a", 201), "nothing"} {
		if raw, err := s.Raw(id); !errors.Is(err, desk.ErrNotFound) {
			t.Errorf("Raw(%q) = %q, %v, want not found", id, raw, err)
		}
		if err := s.Drop(id); !errors.Is(err, desk.ErrNotFound) {
			t.Errorf("Drop(%q) = %v, want not found", id, err)
		}
	}
	if n, err := s.Count(Unprocessable); err != nil || n != 1 {
		t.Errorf("count = %d, %v, want 1: links are no mail", n, err)
	}
	if _, err := s.Put("../elsewhere", []byte("x"), Entry{}); err == nil {
		t.Error("an unknown kind was accepted")
	}
}

func TestSpoolIsPrivate(t *testing.T) {
	t.Parallel()
	s := newSpool(t)
	put(t, s, Unprocessable, "x", Entry{})
	err := filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSpoolTakesManyAtOnce(t *testing.T) {
	t.Parallel()
	s := New(t.TempDir())
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			raw := bytes.Repeat([]byte{byte(i % 10)}, 1000) // each of ten mails twice
			if _, err := s.Put(Unprocessable, raw, Entry{Reason: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	entries, err := s.List()
	if err != nil || len(entries) != 10 {
		t.Fatalf("%d entries, %v, want 10", len(entries), err)
	}
	for _, entry := range entries {
		if raw, err := s.Raw(entry.ID); err != nil || len(raw) != 1000 || entry.Reason != "x" {
			t.Errorf("%+v: %d bytes, %v", entry, len(raw), err)
		}
	}
}
