// Package cti reads what telephone systems say about calls, and writes what they are answered.
//
// It knows the forms of three systems: the generic one, sipgate.io and Placetel, and what an
// administrator configured for them: who is rejected, and under which number calls leave the house.
// It neither keeps calls nor speaks HTTP.
package cti

import (
	"encoding/json"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
)

// System is a telephone system that can be connected.
type System struct {
	Name     string // for people
	Key      string // begins the names of its settings
	Facility string // of its entries in the http log
	XML      bool   // it is answered in XML, not in JSON

	read func(fields) (telephone.CallEvent, string)
}

// Systems that can be connected.
var (
	Generic  = System{Name: "CTI (generic)", Key: "cti", Facility: "cti", read: readPlain}
	Sipgate  = System{Name: "sipgate.io", Key: "sipgate", Facility: "sipgate.io", XML: true, read: readPlain}
	Placetel = System{Name: "Placetel", Key: "placetel", Facility: "placetel", XML: true, read: readPlacetel}
)

// Read returns the event that a system tells of in a request: values are text, json.Number, bool,
// []any or nil. sip is the SIP name of the agent, where the system says no other. Of an event
// without direction the known call knows it.
func (s System) Read(values map[string]any) (e telephone.CallEvent, sip string, err error) {
	e, sip = s.read(values)
	for _, text := range []*string{&e.CallID, &e.From, &e.To, &e.User, &e.Queue, &e.Cause, &e.Taker.Number, &e.Taker.Login, &e.Taker.Device, &e.Taker.User} {
		*text = desk.Cut(desk.Plain(strings.TrimSpace(*text)), maxText)
	}
	switch {
	case e.Direction != telephone.CallIn && e.Direction != telephone.CallOut && !(s.Key == Placetel.Key && e.Direction == "" && e.Event != telephone.NewCall):
		return e, "", &desk.InvalidError{Field: "direction", Reason: "Invalid 'direction'!"}
	case e.Event != telephone.NewCall && e.Event != telephone.CallAnswer && e.Event != telephone.CallHangup:
		return e, "", &desk.InvalidError{Field: "event", Reason: "Invalid 'event'!"}
	case e.CallID == "":
		return e, "", &desk.InvalidError{Field: "callId", Reason: "Invalid 'callId'!"}
	}
	return e, sip, nil
}

// maxText is how much of a value is kept, in characters.
const maxText = 250

// fields are the values of a request.
type fields map[string]any

// text returns the first of these keys that is sent; several values are one, with commas.
func (f fields) text(keys ...string) string {
	for _, key := range keys {
		if text := textOf(f[key]); text != "" {
			return text
		}
	}
	return ""
}

func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		var all []string
		for _, one := range v {
			if text := textOf(one); text != "" {
				all = append(all, text)
			}
		}
		return strings.Join(all, ", ")
	}
	return ""
}

// readPlain reads the generic form, which sipgate.io has too.
func readPlain(f fields) (e telephone.CallEvent, sip string) {
	return telephone.CallEvent{
		Event: f.text("event"), Direction: f.text("direction"), CallID: f.text("callId", "call_id"),
		From: f.text("from"), To: f.text("to"), User: f.text("user", "caller"), Queue: f.text("queue"), Cause: f.text("cause"),
		Taker: telephone.CallTaker{Number: f.text("answeringNumber"), Login: f.text("user"), Device: f.text("userId"), User: f.text("user_id")},
	}, ""
}

var placetelEvents = map[string]struct{ event, direction string }{
	"IncomingCall": {telephone.NewCall, telephone.CallIn},
	"OutgoingCall": {telephone.NewCall, telephone.CallOut},
	"CallAccepted": {telephone.CallAnswer, ""},
	"HungUp":       {telephone.CallHangup, ""},
}

// placetelCauses are what Placetel calls the type of a call that is over.
var placetelCauses = map[string]string{"missed": "cancel", "voicemail": "voicemail", "blocked": "blocked", "accepted": "normalClearing"}

// readPlacetel translates Placetel's words.
func readPlacetel(f fields) (e telephone.CallEvent, sip string) {
	e, _ = readPlain(f)
	e.Taker = telephone.CallTaker{Device: f.text("peer")}
	if known, ok := placetelEvents[e.Event]; ok {
		e.Event = known.event
		if known.direction != "" {
			e.Direction = known.direction
		}
	}
	if cause, ok := placetelCauses[f.text("type")]; ok {
		e.Cause = cause
	}
	if e.User != "" {
		return e, ""
	}
	if e.Direction == telephone.CallOut && strings.Contains(e.From, "@") {
		return e, e.From
	}
	if e.Direction != telephone.CallOut {
		return e, f.text("peer")
	}
	return e, ""
}
