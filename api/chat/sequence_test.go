package chat_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// Messages that go both ways at once come in one order on both sides, none twice and none missing.
func TestBothSidesSeeTheSameConversation(t *testing.T) {
	t.Parallel()
	o := desk(t)
	bus := o.Bus()
	one, two := o.Process(bus), o.Process(bus)
	emma := agent(t, two.URL, "emma")
	visitor, session := begun(t, one.URL, emma)
	const each = 15 // within what a page may send at once
	seen := map[*page][]string{}
	var mu sync.Mutex
	var talking sync.WaitGroup
	for name, p := range map[string]*page{"visitor": visitor, "emma": emma} {
		talking.Go(func() {
			for n := range each {
				p.send(`{"event":"chat_session_message","data":{"session_id":%q,"content":"%s %d"}}`, session, name, n)
			}
			for range 2 * each {
				id := p.hear("chat_session_message").text("message", "id")
				mu.Lock()
				seen[p] = append(seen[p], id)
				mu.Unlock()
			}
		})
	}
	talking.Wait()
	var stored []string
	for _, m := range o.Get("emma", "/chat_sessions/1").Is(200).Object()["messages"].([]any) {
		stored = append(stored, fmt.Sprint(m.(map[string]any)["id"]))
	}
	for _, p := range []*page{visitor, emma} {
		if !slices.Equal(seen[p], stored) {
			t.Errorf("a page saw %v, stored are %v", seen[p], stored)
		}
	}
}
