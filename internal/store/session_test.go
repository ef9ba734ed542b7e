package store_test

import (
	"errors"
	"testing"
	"time"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
)

// session signs a user in under a secret.
func (b *base) session(user desk.UserID, secret string, change ...func(*identity.Session)) identity.Session {
	b.t.Helper()
	s := identity.Session{UserID: user, Authentication: "password", Fingerprint: "f", RemoteIP: "192.0.2.1", UserAgent: "Firefox"}
	for _, change := range change {
		change(&s)
	}
	if err := b.InsertSession(b.t.Context(), &s, credential.HashToken(secret), time.Now().Add(time.Hour)); err != nil {
		b.t.Fatal(err)
	}
	return s
}

func TestSessionsAreFoundByTheirSecretOnly(t *testing.T) {
	t.Parallel()
	b := open(t)
	made := b.session(2, "cookie")
	found, session, err := b.CredentialsBySession(t.Context(), credential.HashToken("cookie"))
	if err != nil {
		t.Fatal(err)
	}
	if found.Caller.User.ID != 2 || found.Caller.Token != nil || session != made {
		t.Errorf("found user %d, session %+v, want user 2, session %+v", found.Caller.User.ID, session, made)
	}
	if _, _, err := b.CredentialsBySession(t.Context(), []byte("cookie")); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("the secret itself: error %v, want none found", err)
	}
	if kept := ask[int](b, `SELECT count(*) FROM sessions s WHERE s::text LIKE '%cookie%'`); kept != 0 {
		t.Error("the secret is kept")
	}
}

func TestSessionsAreSwitchedAndTouched(t *testing.T) {
	t.Parallel()
	b := open(t)
	made := b.session(1, "cookie")
	b.exec(`UPDATE sessions SET updated_at = now() - interval '1 day'`)
	admin := desk.UserID(1)
	if err := errors.Join(
		b.SwitchSession(t.Context(), made.ID, 2, &admin),
		b.TouchSession(t.Context(), made.ID, time.Now().Add(48*time.Hour)),
	); err != nil {
		t.Fatal(err)
	}
	found, session, err := b.CredentialsBySession(t.Context(), credential.HashToken("cookie"))
	if err != nil || found.Caller.User.ID != 2 || session.SwitchedFromID == nil || *session.SwitchedFromID != 1 {
		t.Errorf("session = %+v of user %d, %v", session, found.Caller.User.ID, err)
	}
	if time.Since(session.UpdatedAt) > time.Hour || ask[int](b, `SELECT count(*) FROM sessions WHERE expires_at > now() + interval '47 hours'`) != 1 {
		t.Errorf("session was used at %v", session.UpdatedAt)
	}
}

func TestPasswordChangeEndsEverySessionButOne(t *testing.T) {
	t.Parallel()
	b := open(t)
	keep := b.session(2, "a")
	b.session(2, "b")
	victim := desk.UserID(2)
	b.session(1, "c", func(s *identity.Session) { s.SwitchedFromID = &victim })
	other := b.session(1, "d")
	if err := b.EndSessions(t.Context(), 2, keep.ID); err != nil {
		t.Fatal(err)
	}
	b.exec(`UPDATE sessions SET updated_at = updated_at - interval '1 hour' WHERE id = $1`, keep.ID) // clocks may be set back meanwhile
	left, err := b.Sessions(t.Context(), 10)
	if err != nil || len(left) != 2 || left[0].ID != other.ID || left[1].ID != keep.ID {
		t.Errorf("left are %+v, %v, want those of user 1 and the one kept", left, err)
	}
	if err := errors.Join(b.EndSessions(t.Context(), 2, 0), b.DeleteSession(t.Context(), other.ID), b.DeleteSession(t.Context(), other.ID)); err != nil {
		t.Error(err)
	}
	if n := ask[int](b, `SELECT count(*) FROM sessions`); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestDevicesAreOneRowEach(t *testing.T) {
	t.Parallel()
	b := open(t)
	record := func(agent, fingerprint string) identity.DeviceID {
		t.Helper()
		id, err := b.RecordDevice(t.Context(), identity.NewDevice(2, agent, fingerprint, "192.0.2.1"))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	browser, program := record("Firefox/1", "f"), record("curl/8", "")
	again := record("curl/8", "")
	b.exec(`UPDATE user_devices SET updated_at = updated_at - interval '1 hour'`)
	if updated := record("Firefox/2", "f"); again != program || updated != browser {
		t.Errorf("devices %d and %d are now %d and %d", program, browser, again, updated)
	}
	made := b.session(2, "cookie")
	if err := b.SetSessionDevice(t.Context(), made.ID, browser, "f"); err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteDevice(t.Context(), 1, browser); err != nil {
		t.Fatal(err)
	}
	devices, err := b.Devices(t.Context(), 2)
	if err != nil || len(devices) != 2 || devices[0].ID != browser || devices[0].UserAgent != "Firefox/2" {
		t.Fatalf("devices = %+v, %v, want both, the browser first", devices, err)
	}
	if err := b.DeleteDevice(t.Context(), 2, browser); err != nil {
		t.Fatal(err)
	}
	if n := ask[int](b, `SELECT count(*) FROM sessions`); n != 0 {
		t.Error("the deleted device is still signed in")
	}
}

func TestAttemptsAreCountedForAWhile(t *testing.T) {
	t.Parallel()
	b := open(t)
	count := func(keys ...string) int {
		t.Helper()
		hashes := make([][]byte, len(keys))
		for i, key := range keys {
			hashes[i] = credential.HashToken(key)
		}
		n, err := b.CountAttempts(t.Context(), hashes, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for i, got := range []int{count("address", "nicole"), count("address", "braun"), count("other", "nicole"), count("third"), count("same", "same")} {
		if want := []int{1, 2, 2, 1, 1}[i]; got != want {
			t.Errorf("attempt %d counts %d, want %d", i+1, got, want)
		}
	}
	b.exec(`UPDATE throttles SET expires_at = now() - interval '1 minute'`)
	if got := count("address"); got != 1 {
		t.Errorf("after a while an attempt counts %d, want 1", got)
	}
}

func TestWhatIsOverIsSweptAway(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.session(2, "a")
	b.exec(`
		INSERT INTO sessions (token_hash, user_id, authentication, expires_at)
		SELECT sha256(i::text::bytea), 2, 'password', now() - interval '1 minute' FROM generate_series(1, 1500) i`)
	b.exec(`INSERT INTO throttles (key, attempts, expires_at) VALUES ('a', 1, now() - interval '1 min'), ('b', 1, now() + interval '1 h')`)
	b.exec(`
		INSERT INTO oauth_applications (id, name, uid, secret, redirect_uri) VALUES (1, 'a', 'a', '', '');
		INSERT INTO oauth_access_grants (id, application_id, user_id, code_hash, redirect_uri, scopes, expires_at) VALUES
			(1, 1, 2, '1', '', '', now() - interval '31 days'), (2, 1, 2, '2', '', '', now() - interval '31 days'),
			(3, 1, 2, '3', '', '', now() - interval '1 day'), (4, 1, 2, '4', '', '', now() - interval '31 days');
		INSERT INTO oauth_access_tokens (application_id, grant_id, token_hash, refresh_hash, scopes, expires_at, revoked_at) VALUES
			(1, 2, 'can be renewed', 'r', '', now() - interval '90 days', NULL),
			(1, 3, 'revoked lately', 's', '', NULL, now() - interval '1 day'),
			(1, 4, 'revoked long ago', 't', '', NULL, now() - interval '31 days'),
			(1, NULL, 'for ever', NULL, '', NULL, NULL),
			(1, NULL, 'run out', NULL, '', now() - interval '31 days', NULL),
			(1, NULL, 'run out lately', NULL, '', now() - interval '1 day', NULL)`)
	n, err := b.SweepSignIns(t.Context())
	if err != nil || n != 1500+1+2+2 {
		t.Errorf("%d rows swept, %v, want %d", n, err, 1500+1+2+2)
	}
	if left := ask[string](b, `
		SELECT format('%s %s %s %s', (SELECT count(*) FROM sessions), (SELECT count(*) FROM throttles),
			(SELECT string_agg(id::text, ',' ORDER BY id) FROM oauth_access_grants),
			(SELECT string_agg(convert_from(token_hash, 'UTF8'), ',' ORDER BY id) FROM oauth_access_tokens))`); left !=
		"1 1 2,3 can be renewed,revoked lately,for ever,run out lately" {
		t.Errorf("left are %s", left)
	}
}
