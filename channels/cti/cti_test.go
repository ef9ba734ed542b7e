package cti_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"postroom/channels/cti"
	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
)

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		system cti.System
		sent   string
		want   telephone.CallEvent
		sip    string
		err    string
	}{
		{"in, several called", cti.Generic, `{"event":"newCall","from":"493023125741","to":"492214710334","direction":"in","callId":"a","user":["Chris","Emma"],"queue":"q"}`,
			telephone.CallEvent{Event: "newCall", Direction: "in", CallID: "a", From: "493023125741", To: "492214710334", User: "Chris, Emma", Queue: "q", Taker: telephone.CallTaker{Login: "Chris, Emma"}}, "", ""},
		{"numbers as numbers, call_id", cti.Generic, `{"event":"hangup","from":49302,"to":" 4922 ","direction":"out","call_id":17,"cause":"cancel"}`,
			telephone.CallEvent{Event: "hangup", Direction: "out", CallID: "17", From: "49302", To: "4922", Cause: "cancel"}, "", ""},
		{"the document's samples say caller", cti.Generic, `{"event":"answer","direction":"in","callId":"a","caller":["Chris","Emma"]}`,
			telephone.CallEvent{Event: "answer", Direction: "in", CallID: "a", User: "Chris, Emma"}, "", ""},
		{"odd values", cti.Sipgate, `{"event":"newCall","direction":"in","callId":"a","from":{"x":1},"to":null,"user":[{"y":2},"Emma"]}`,
			telephone.CallEvent{Event: "newCall", Direction: "in", CallID: "a", User: "Emma", Taker: telephone.CallTaker{Login: "Emma"}}, "", ""},
		{"who took it", cti.Sipgate, `{"event":"answer","direction":"in","callId":"a","userId":"w0","answeringNumber":"4922","user_id":5}`,
			telephone.CallEvent{Event: "answer", Direction: "in", CallID: "a", Taker: telephone.CallTaker{Number: "4922", Device: "w0", User: "5"}}, "", ""},
		{"direction", cti.Generic, `{"event":"newCall","direction":"sideways","callId":"a"}`, telephone.CallEvent{}, "", "Invalid 'direction'!"},
		{"no direction", cti.Sipgate, `{"event":"hangup","callId":"a"}`, telephone.CallEvent{}, "", "Invalid 'direction'!"},
		{"event", cti.Generic, `{"event":"dtmf","direction":"in","callId":"a"}`, telephone.CallEvent{}, "", "Invalid 'event'!"},
		{"call id", cti.Generic, `{"event":"newCall","direction":"in"}`, telephone.CallEvent{}, "", "Invalid 'callId'!"},
		{"Placetel, in", cti.Placetel, `{"event":"IncomingCall","from":"030123","to":"030456","call_id":"a","peer":"777@fpbx.de"}`,
			telephone.CallEvent{Event: "newCall", Direction: "in", CallID: "a", From: "030123", To: "030456", Taker: telephone.CallTaker{Device: "777@fpbx.de"}}, "777@fpbx.de", ""},
		{"Placetel, out", cti.Placetel, `{"event":"OutgoingCall","from":"777@fpbx.de","to":"030456","call_id":"a"}`,
			telephone.CallEvent{Event: "newCall", Direction: "out", CallID: "a", From: "777@fpbx.de", To: "030456"}, "777@fpbx.de", ""},
		{"Placetel, out by name", cti.Placetel, `{"event":"OutgoingCall","from":"777@fpbx.de","to":"030456","call_id":"a","user":"Emma"}`,
			telephone.CallEvent{Event: "newCall", Direction: "out", CallID: "a", From: "777@fpbx.de", To: "030456", User: "Emma"}, "", ""},
		{"Placetel, answered", cti.Placetel, `{"event":"CallAccepted","call_id":"a","peer":"777@fpbx.de"}`,
			telephone.CallEvent{Event: "answer", CallID: "a", Taker: telephone.CallTaker{Device: "777@fpbx.de"}}, "777@fpbx.de", ""},
		{"Placetel, missed", cti.Placetel, `{"event":"HungUp","call_id":"a","type":"missed"}`, telephone.CallEvent{Event: "hangup", CallID: "a", Cause: "cancel"}, "", ""},
		{"Placetel, accepted", cti.Placetel, `{"event":"HungUp","call_id":"a","direction":"out","type":"accepted"}`,
			telephone.CallEvent{Event: "hangup", Direction: "out", CallID: "a", Cause: "normalClearing"}, "", ""},
		{"Placetel, generic words", cti.Placetel, `{"event":"newCall","call_id":"a"}`, telephone.CallEvent{}, "", "Invalid 'direction'!"},
	} {
		got, sip, err := tc.system.Read(decode(t, tc.sent))
		if tc.err != "" {
			if err == nil || err.Error() != tc.err {
				t.Errorf("%s: %v, want %s", tc.name, err, tc.err)
			}
			continue
		}
		if err != nil || got != tc.want || sip != tc.sip {
			t.Errorf("%s: %+v, %q, %v; want %+v, %q", tc.name, got, sip, err, tc.want, tc.sip)
		}
	}
	long, _, err := cti.Generic.Read(map[string]any{"event": "newCall", "direction": "in", "callId": strings.Repeat("ä", 300) + "\x00"})
	if err != nil || len([]rune(long.CallID)) != 250 {
		t.Errorf("a call id of 300 letters became one of %d (%v), want 250", len([]rune(long.CallID)), err)
	}
}

func decode(t *testing.T, text string) (values map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&values); err != nil {
		t.Fatal(err)
	}
	return values
}

const full = `{"inbound":{"block_caller_ids":[{"caller_id":"491715000002","note":"spam"},{"caller_id":491715000003},{"note":"nobody"},7]},
	"outbound":{"default_caller_id":4930777000000,"routing_table":[{"dest":"41*","caller_id":"41715880339190","note":"CH"},
		{"dest":"491714000000","caller_id":"41715880339191"},{"dest":"*99*","caller_id":"5"},{"dest":"(","caller_id":"6"},{"dest":"42"}]},
	"notify_map":[{"queue":"4930777000000","user_ids":["5",6]},{"queue":"q","user_ids":["6"]},{"queue":"none","user_ids":{}}],"view_limit":"20"}`

func TestDecide(t *testing.T) {
	t.Parallel()
	config := cti.ParseConfig(json.RawMessage(full))
	in := func(from, user string) telephone.CallEvent {
		return telephone.CallEvent{Event: telephone.NewCall, Direction: telephone.CallIn, From: from, To: "49221", User: user}
	}
	out := func(to string) telephone.CallEvent {
		return telephone.CallEvent{Event: telephone.NewCall, Direction: telephone.CallOut, From: "10", To: to}
	}
	for _, tc := range []struct {
		name    string
		event   telephone.CallEvent
		want    cti.Answer
		from    string
		comment string
	}{
		{"unknown", in("4930", ""), cti.Answer{}, "4930", ""},
		{"blocked", in("491715000002", ""), cti.Answer{Action: "reject"}, "491715000002", "reject, busy"},
		{"blocked, written as a number", in("491715000003", "Emma"), cti.Answer{Action: "reject"}, "491715000003", "Emma -> reject, busy"},
		{"no part of a blocked number", in("49171500000", ""), cti.Answer{}, "49171500000", ""},
		{"first rule", out("41441234567"), cti.Answer{Action: "dial", CallerID: "41715880339190", Number: "41441234567"}, "41715880339190", ""},
		{"a star is at least one", out("41"), cti.Answer{Action: "dial", CallerID: "4930777000000", Number: "41"}, "4930777000000", ""},
		{"literal", out("491714000000"), cti.Answer{Action: "dial", CallerID: "41715880339191", Number: "491714000000"}, "41715880339191", ""},
		{"not the beginning", out("4917140000001"), cti.Answer{Action: "dial", CallerID: "4930777000000", Number: "4917140000001"}, "4930777000000", ""},
		{"two stars", out("1992"), cti.Answer{Action: "dial", CallerID: "5", Number: "1992"}, "5", ""},
		{"no regular expression", out("("), cti.Answer{Action: "dial", CallerID: "6", Number: "("}, "6", ""},
		{"answered", telephone.CallEvent{Event: telephone.CallAnswer, Direction: telephone.CallOut, From: "10", To: "41441"}, cti.Answer{}, "10", ""},
	} {
		if got := config.Decide(&tc.event); got != tc.want || tc.event.From != tc.from || tc.event.Comment != tc.comment {
			t.Errorf("%s: %+v, logged from %q with %q; want %+v, %q, %q", tc.name, got, tc.event.From, tc.event.Comment, tc.want, tc.from, tc.comment)
		}
	}
}

func TestConfigurations(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]bool{
		"": false, `{}`: false, `null`: false, `"x"`: false, `[]`: false, `{"inbound":{},"outbound":{}}`: false,
		`{"inbound":{"block_caller_ids":[]}}`: false, `{"outbound":{"routing_table":[]}}`: false,
		`{"outbound":{"routing_table":[],"default_caller_id":""},"inbound":{"block_caller_ids":[]}}`:          true,
		`{"outbound":{"routing_table":{"0":{}},"default_caller_id":null},"inbound":{"block_caller_ids":"x"}}`: true,
	} {
		config := cti.ParseConfig(json.RawMessage(setting))
		if config.Configured() != want {
			t.Errorf("%s counts as configured: %t, want %t", setting, !want, want)
		}
		event := telephone.CallEvent{Event: telephone.NewCall, Direction: telephone.CallOut, From: "10", To: "4930"}
		if got := config.Decide(&event); got != (cti.Answer{}) || config.ViewLimit != 60 {
			t.Errorf("%s: %+v, %d calls shown; want no rule and 60", setting, got, config.ViewLimit)
		}
	}
	config := cti.ParseConfig(json.RawMessage(full))
	if config.ViewLimit != 20 {
		t.Errorf("%d calls shown, want 20", config.ViewLimit)
	}
	for id, want := range map[desk.UserID][]string{5: {"4930777000000", "49301"}, 6: {"4930777000000", "q", "49301"}, 7: {"49301"}} {
		if got, limited := config.QueuesOf(id, []string{"49301"}); !limited || !slices.Equal(got, want) {
			t.Errorf("agent %d sees the queues %q (limited: %t), want %q", id, got, limited, want)
		}
	}
	for called, want := range map[[2]string][]desk.UserID{
		{"4930777000000", ""}: {5, 6}, {"4922", "q"}: {6}, {"q", "q"}: {6}, {"4922", ""}: nil, {"4922", "none"}: nil,
	} {
		if got, everybody := config.Told(called[0], called[1]); everybody || !slices.Equal(got, want) {
			t.Errorf("of calls to %q the agents %v are told (everybody: %t), want %v", called, got, everybody, want)
		}
	}
	if _, limited := cti.ParseConfig(nil).QueuesOf(5, nil); limited {
		t.Error("without a map somebody does not see all calls")
	}
}

func TestXML(t *testing.T) {
	t.Parallel()
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	hooks := cti.Hooks{OnHangup: "https://desk.example.com/a?b&c", OnAnswer: "https://desk.example.com/"}
	const attributes = ` onHangup="https://desk.example.com/a?b&amp;c" onAnswer="https://desk.example.com/"`
	for _, tc := range []struct{ got, want string }{
		{cti.Answer{}.XML(cti.Hooks{}), "<Response/>\n"},
		{cti.Answer{}.XML(hooks), "<Response" + attributes + "/>\n"},
		{cti.Answer{Action: cti.Reject}.XML(cti.Hooks{}), "<Response>\n  <Reject reason=\"busy\"/>\n</Response>\n"},
		{cti.Answer{Action: cti.Dial, CallerID: "4930", Number: "4917<"}.XML(hooks),
			"<Response" + attributes + ">\n  <Dial callerId=\"4930\">\n    <Number>4917&lt;</Number>\n  </Dial>\n</Response>\n"},
		{cti.ErrorXML("Feature & more"), "<Response>\n  <Error>Feature &amp; more</Error>\n</Response>\n"},
	} {
		if tc.got != head+tc.want {
			t.Errorf("%q, want %q", tc.got, head+tc.want)
		}
	}
}

func FuzzReadAndConfigure(f *testing.F) {
	f.Add(`{"event":"newCall","direction":"in","callId":"a"}`, full)
	f.Fuzz(func(t *testing.T, sent, setting string) {
		config := cti.ParseConfig(json.RawMessage(setting))
		var values map[string]any
		if json.Unmarshal([]byte(sent), &values) != nil {
			return
		}
		for _, system := range []cti.System{cti.Generic, cti.Sipgate, cti.Placetel} {
			event, _, err := system.Read(values)
			if err == nil && event.CallID == "" {
				t.Errorf("%s has no call id", sent)
			}
			config.Decide(&event)
		}
	})
}
