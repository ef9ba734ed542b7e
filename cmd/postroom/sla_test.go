package main

import (
	"strings"
	"testing"
)

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

func TestNotesCountWhereTheOperatorSaysSo(t *testing.T) {
	t.Parallel()
	s, conn := newInstallation(t)
	const state = `(SELECT communication FROM ticket_article_types WHERE name = 'note')::text || ' ' || (SELECT version FROM catalog_version)`
	before := value(t, conn, state)
	wantIn(t, "sla notes on", s.ok("sla", "notes", "on"), "Public notes count")
	on := value(t, conn, state)
	wantIn(t, "sla notes off", s.ok("sla", "notes", "off"), "Public notes don't count")
	off := value(t, conn, state)
	if !strings.HasPrefix(before, "false") || !strings.HasPrefix(on, "true") || !strings.HasPrefix(off, "false") || before == off {
		t.Errorf("notes and the catalog's version: %s, then %s, then %s; want false, true, false, and a version for each", before, on, off)
	}
	if n := value(t, conn, `(SELECT count(*) FROM deadline_rebuilds)::text`); n != "1" {
		t.Errorf("%s calculations of deadlines wait, want one", n)
	}
}
