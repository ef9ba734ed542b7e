package sla_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// Each example of docs/sla.md says what happens to a ticket, and what becomes of it.
func TestExamplesOfTheDocsAreTrue(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/sla.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(page), "```json example\n")[1:]
	if len(examples) < 5 {
		t.Fatalf("%d examples, want some", len(examples))
	}
	for _, example := range examples {
		text, _, closed := strings.Cut(example, "```")
		var read struct {
			timeline
			Calendar calendarVector
			Becomes  map[string]any
		}
		if err := json.Unmarshal([]byte(text), &read); err != nil || !closed || len(read.Becomes) == 0 {
			t.Fatalf("%s: %v", text, err)
		}
		tl := read.timeline
		tl.Calendar = "example"
		d := newDesktop(t, vectors{Calendars: map[string]calendarVector{"example": read.Calendar}}, tl)
		for _, e := range tl.Events {
			d.happen(e)
		}
		d.compareSome(text, read.Becomes)
	}
}
