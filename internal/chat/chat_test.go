package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"postroom/internal/chat"
	"postroom/internal/desk"
)

func TestWhoIsKeptOut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name               string
		ip, country, sites string // lists of the topic
		from               chat.Visitor
		want               bool
	}{
		{"nothing is blocked", "", "", "", chat.Visitor{IP: "10.0.0.1"}, false},
		{"the address", "10.0.0.2;10.0.0.1", "", "", chat.Visitor{IP: "10.0.0.1"}, true},
		{"another address", "10.0.0.11", "", "", chat.Visitor{IP: "10.0.0.1"}, false},
		{"a net", "10.0.*", "", "", chat.Visitor{IP: "10.0.3.1"}, true},
		{"a hole in the middle", "10.*.1", "", "", chat.Visitor{IP: "10.7.8.1"}, true},
		{"another net", "10.1.*", "", "", chat.Visitor{IP: "10.0.3.1"}, false},
		{"the same text twice needs both", "1*1", "", "", chat.Visitor{IP: "1"}, false},
		{"a net of the other protocol", "2001:db8:*", "", "", chat.Visitor{IP: "2001:db8::1"}, true},
		{"the country", "", "XX; yy", "", chat.Visitor{Country: "YY"}, true},
		{"another country", "", "XX", "", chat.Visitor{Country: "YY"}, false},
		{"a country that nobody knows", "", "XX", "", chat.Visitor{}, false},
		{"the website", "", "", "example.com", chat.Visitor{Origin: "https://Shop.EXAMPLE.com"}, false},
		{"another website", "", "", "example.com;example.org", chat.Visitor{Origin: "https://example.net"}, true},
		{"no website", "", "", "example.com", chat.Visitor{}, true},
		{"a list of nothing", ";", " ; ", ";", chat.Visitor{IP: "10.0.0.1"}, false},
	} {
		topic := desk.Chat{BlockIP: &tc.ip, BlockCountry: &tc.country, AllowedWebsites: &tc.sites}
		if got := chat.Blocked(topic, tc.from); got != tc.want {
			t.Errorf("%s: blocked %v, want %v", tc.name, got, tc.want)
		}
	}
}

func user(id desk.UserID, preferences map[string]any) desk.User {
	image := "hash"
	return desk.User{ID: id, Firstname: "Emma", Lastname: "Taylor", Image: &image, Preferences: map[string]any{"chat": preferences}}
}

func TestTopicsOfAnAgent(t *testing.T) {
	t.Parallel()
	topics := []desk.Chat{{ID: 1, Active: true}, {ID: 2, Active: true}, {ID: 3}}
	for _, tc := range []struct {
		choice any
		want   []desk.ChatID
	}{
		{nil, []desk.ChatID{1, 2}},
		{map[string]any{}, []desk.ChatID{1, 2}},
		{map[string]any{"2": "on", "3": "on", "9": "on"}, []desk.ChatID{2}},
		{map[string]any{"2": "off", "1": true}, []desk.ChatID{1}},
		{"nonsense", []desk.ChatID{1, 2}},
	} {
		if got := chat.TopicsOf(user(5, map[string]any{"active": tc.choice}), topics); !slices.Equal(got, tc.want) {
			t.Errorf("%v: %v, want %v", tc.choice, got, tc.want)
		}
	}
}

func TestAgentsAreShownAsTheyWant(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		preferences map[string]any
		want        chat.Shown
	}{
		{nil, chat.Shown{Name: "Emma Taylor", Avatar: "hash"}},
		{map[string]any{"alternative_name": "Em", "avatar_state": "disabled"}, chat.Shown{Name: "Em"}},
		{map[string]any{"alternative_name": " "}, chat.Shown{Name: "Emma Taylor", Avatar: "hash"}},
	} {
		if got := chat.ShownAs(user(5, tc.preferences)); got != tc.want {
			t.Errorf("%v: shown as %v, want %v", tc.preferences, got, tc.want)
		}
	}
}

func TestHouseAtAMoment(t *testing.T) {
	t.Parallel()
	me := desk.UserID(5)
	h := chat.House{
		Topics: []desk.Chat{{ID: 1, Active: true, MaxQueue: 2}, {ID: 2, Active: true, MaxQueue: 5}, {ID: 3, MaxQueue: 5}},
		Open: []desk.ChatSession{
			{ID: 1, ChatID: 1, State: desk.ChatRunning, UserID: &me}, {ID: 2, ChatID: 1, State: desk.ChatWaiting},
			{ID: 3, ChatID: 2, State: desk.ChatWaiting}, {ID: 4, ChatID: 1, State: desk.ChatWaiting},
		},
		Agents: []desk.ChatAgent{{User: user(5, map[string]any{"active": map[string]any{"1": "on"}}), Concurrent: 5}},
	}
	for topic, want := range map[int]string{0: chat.StateFull, 1: chat.StateOffline, 2: chat.StateOff} {
		if got, _ := h.Door(h.Topics[topic]); got != want {
			t.Errorf("topic %d is %s, want %s", topic+1, got, want)
		}
	}
	if got := h.Position(h.Open[3]); got != 2 {
		t.Errorf("position %d, want 2", got)
	}
	d := h.DeskOf(h.Agents[0].User)
	got := fmt.Sprint(d.Topics, len(d.Waiting), len(d.Running), len(d.Mine), d.Agents, d.SeatsTotal, d.SeatsAvailable)
	if want := "[1] 2 1 1 [5] 5 2"; got != want {
		t.Errorf("the agent sees %s, want %s", got, want)
	}
}

func TestWhoLeavesAndWhoComesBack(t *testing.T) {
	t.Parallel()
	me := desk.UserID(5)
	session := func(pages ...string) desk.ChatSession {
		return desk.ChatSession{State: desk.ChatRunning, UserID: &me, Preferences: desk.ChatPreferences{Participants: pages}}
	}
	for _, tc := range []struct {
		name  string
		pages []string
		agent bool
		ended bool
	}{
		{"the visitor, while the agent is there", []string{"visitor", "agent"}, false, false},
		{"the visitor alone", []string{"visitor"}, false, true},
		{"the agent", []string{"visitor", "agent", "visitor too"}, true, true},
	} {
		v := session(tc.pages...)
		if ended := chat.Leave(&v, "visitor", tc.agent); ended != tc.ended || slices.Contains(v.Preferences.Participants, "visitor") {
			t.Errorf("%s: ended %v, left are %v", tc.name, ended, v.Preferences.Participants)
		}
	}
	v := session("gone", "agent")
	open := []chat.Page{{ID: "agent", UserID: &me}, {ID: "new"}}
	if chat.VisitorThere(v, open) || !chat.Deserted(v, open) {
		t.Error("a visitor is there who is not")
	}
	if !chat.Join(&v, "new", open) || fmt.Sprint(v.Preferences.Participants) != "[agent new]" || chat.Join(&v, "new", open) {
		t.Errorf("participants %v", v.Preferences.Participants)
	}
	if !chat.VisitorThere(v, open) || chat.Deserted(v, open) {
		t.Error("the visitor is back and not there")
	}
}

func TestTicketsThatTopicsWant(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		wish   map[string]any
		want   chat.Order
		wanted bool
	}{
		{nil, chat.Order{}, false},
		{map[string]any{"on_close": true, "group_id": 3.0}, chat.Order{GroupID: 3}, true},
		{map[string]any{"on_close": true, "group_id": "3", "customer_id": "7"}, chat.Order{GroupID: 3, CustomerID: 7}, true},
		{map[string]any{"on_close": true}, chat.Order{}, false},
		{map[string]any{"group_id": 3.0}, chat.Order{GroupID: 3}, false},
	} {
		got, wanted := chat.OrderOnClose(desk.Chat{Preferences: map[string]any{"ticket": tc.wish}})
		if got != tc.want || wanted != tc.wanted {
			t.Errorf("%v: %v, %v", tc.wish, got, wanted)
		}
	}
}
