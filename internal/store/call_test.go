package store_test

import (
	"slices"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
)

func TestCallsAreChangedOnlyAsTheyWereRead(t *testing.T) {
	t.Parallel()
	b := open(t)
	now := time.Now().UTC()
	begun, _ := telephone.Call{}.After(telephone.CallEvent{Event: telephone.NewCall, Direction: telephone.CallIn, CallID: "a", From: "1", To: "2"}, nil, now)
	save := func(call telephone.Call, want bool) {
		t.Helper()
		saved, err := b.SaveCall(t.Context(), &call, desk.HTTPLog{Facility: "cti", Method: "POST"})
		if err != nil || saved != want {
			t.Errorf("SaveCall in state %s after %d events = %t, %v; want %t", call.State, call.Events, saved, err, want)
		}
	}
	save(begun, true)
	save(begun, false) // somebody else was faster
	read, err := b.CallNamed(t.Context(), "a")
	if err != nil || read.Events != 1 || read.State != telephone.NewCall || *read.Queue != "2" {
		t.Fatalf("read %+v, %v", read, err)
	}
	answered, _ := read.After(telephone.CallEvent{Event: telephone.CallAnswer}, nil, now.Add(time.Second))
	over, _ := read.After(telephone.CallEvent{Event: telephone.CallHangup}, nil, now.Add(time.Second))
	save(answered, true)
	save(over, false)
	if noted, err := b.HTTPLogs(t.Context(), "cti", 10); err != nil || len(noted) != 2 {
		t.Errorf("%d requests noted (%v), want those of the two changes", len(noted), err)
	}
	if none, err := b.CallNamed(t.Context(), "b"); err != nil || none.Events != 0 {
		t.Errorf("a call nobody knows is %+v, %v", none, err)
	}
}

func TestOldCallsArePurged(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO cti_logs (direction, state, call_id, queue, created_at) VALUES ('in', 'hangup', 'old', 'q', now() - interval '366 days'), ('in', 'hangup', 'new', 'q', now() - interval '360 days')`)
	if n, err := b.PurgeCalls(t.Context()); err != nil || n != 1 {
		t.Errorf("%d calls purged, %v; want 1", n, err)
	}
	left, err := b.Calls(t.Context(), []string{"q"}, true, 10)
	if err != nil || len(left) != 1 || left[0].CallID != "new" {
		t.Errorf("%d calls left, %v", len(left), err)
	}
}

func TestCallersByWhatIsKnownOfThem(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`INSERT INTO users (id, login, firstname, lastname, email, updated_by_id, created_by_id)
		SELECT n, 'u' || n, 'First' || n, 'Last', 'u' || n || '@example.com', 1, 1 FROM generate_series(100, 130) n`)
	b.exec(`UPDATE users SET firstname = '', lastname = '' WHERE id = 130`)
	b.exec(`INSERT INTO cti_caller_ids (caller_id, level, user_id) SELECT '49301', 'known', n FROM generate_series(100, 130) n`)
	b.exec(`INSERT INTO cti_caller_ids (caller_id, level, comment) VALUES ('49301', 'other', 'Door'), ('49302', 'other', 'Door'), ('49302', 'different', 'Gate')`)
	callers, err := b.Callers(t.Context(), []string{"49301", "", "49302", "49303"})
	if err != nil {
		t.Fatal(err)
	}
	known := callers["49301"]
	if len(known) != 20 || known[0].FullName != "u130@example.com" || known[1].FullName != "First129 Last" || known[0].Object != "User" || known[0].OID != 130 {
		t.Errorf("%d callers, first %+v; want the newest 20 of those that are known", len(known), known[:min(2, len(known))])
	}
	others := callers["49302"]
	if len(others) != 2 || *others[0].Comment != "Gate" || len(callers["49303"]) != 0 {
		t.Errorf("others: %+v", others)
	}
	if !slices.ContainsFunc(known, func(c telephone.CallerID) bool { return *c.UserID == 111 }) {
		t.Error("the twentieth newest user is not among them")
	}
}
