package main

import "testing"

func TestSLAVerb(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	for range 2 {
		wantIn(t, "sla rebuild", s.ok("sla", "rebuild"), "will be calculated anew")
	}
	if n := value(t, conn, `(SELECT count(*) FROM deadline_rebuilds)::text || ' ' || (SELECT count(*) FROM outbox WHERE kind = 'deadlines.rebuild')`); n != "1 1" {
		t.Errorf("calculations and their work: %s, want one that serves both orders", n)
	}
}
