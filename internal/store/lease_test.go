package store_test

import (
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func TestLease(t *testing.T) {
	t.Parallel()
	s := open(t).Store
	channel := desk.Channel{Area: desk.AreaEmailAccount, Active: true, Stamp: desk.Stamp{UpdatedByID: desk.SystemUser}}
	if err := s.AddChannel(t.Context(), &channel); err != nil {
		t.Fatal(err)
	}
	take := func(holder string, length time.Duration, want bool) {
		t.Helper()
		if got, err := s.TakeLease(t.Context(), channel.ID, holder, length); err != nil || got != want {
			t.Fatalf("TakeLease by %s = %t, %v; want %t", holder, got, err, want)
		}
	}
	holds := func(want string) {
		t.Helper()
		if got, err := s.LeaseHolder(t.Context(), channel.ID); err != nil || got != want {
			t.Fatalf("LeaseHolder = %q, %v; want %q", got, err, want)
		}
	}
	holds("")
	take("a", time.Hour, true)
	take("b", time.Hour, false)
	take("a", time.Hour, true) // its own
	holds("a")
	if err := s.ReleaseLease(t.Context(), channel.ID, "b"); err != nil {
		t.Fatal(err)
	}
	holds("a") // what isn't one's own can't be given back
	renew(t, s, "a", -time.Minute, 1)
	renew(t, s, "b", time.Hour, 0)
	holds("") // it has expired: its holder is dead
	take("b", time.Hour, true)
	renew(t, s, "a", time.Hour, 0) // and when it comes to life again, it finds out
	holds("b")
	if err := s.ReleaseLease(t.Context(), channel.ID, "b"); err != nil {
		t.Fatal(err)
	}
	holds("")
	if got, err := s.TakeLease(t.Context(), channel.ID+1, "a", time.Hour); err != nil || got {
		t.Errorf("TakeLease of a channel that is gone = %t, %v; want false", got, err)
	}
}

func renew(t *testing.T, s *store.Store, holder string, length time.Duration, want int) {
	t.Helper()
	if got, err := s.RenewLeases(t.Context(), holder, length); err != nil || len(got) != want {
		t.Fatalf("RenewLeases of %s = %v, %v; want %d", holder, got, err, want)
	}
}

func TestLeaseIsTakenByOneOfMany(t *testing.T) {
	t.Parallel()
	s := open(t).Store
	channel := desk.Channel{Area: desk.AreaEmailAccount, Active: true, Stamp: desk.Stamp{UpdatedByID: desk.SystemUser}}
	if err := s.AddChannel(t.Context(), &channel); err != nil {
		t.Fatal(err)
	}
	won := make(chan bool)
	for _, holder := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		go func() {
			got, err := s.TakeLease(t.Context(), channel.ID, holder, time.Hour)
			if err != nil {
				t.Error(err)
			}
			won <- got
		}()
	}
	winners := 0
	for range 8 {
		if <-won {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d of 8 got the lease, want 1", winners)
	}
}
