package cti

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// Actions that a telephone system can be asked for.
const (
	Reject = "reject" // as if the line were busy
	Dial   = "dial"   // under another number
)

// Answer is what a telephone system is to do with a call. The zero one lets it go on.
type Answer struct {
	Action   string
	CallerID string // of Dial
	Number   string // of Dial
}

// Hooks are the addresses at which sipgate.io reports the further fate of a call; empty: none.
type Hooks struct{ OnHangup, OnAnswer string }

// XMLType is the content type of answers in XML.
const XMLType = "application/xml; charset=UTF-8;"

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// XML writes the answer as sipgate.io and Placetel read it.
func (a Answer) XML(hooks Hooks) string {
	root := element{name: "Response"}
	if hooks != (Hooks{}) {
		root.attributes = []string{"onHangup", hooks.OnHangup, "onAnswer", hooks.OnAnswer}
	}
	switch a.Action {
	case Reject:
		root.children = []element{{name: "Reject", attributes: []string{"reason", "busy"}}}
	case Dial:
		root.children = []element{{
			name: "Dial", attributes: []string{"callerId", a.CallerID}, children: []element{{name: "Number", text: a.Number}},
		}}
	}
	return root.document()
}

// ErrorXML writes a refusal.
func ErrorXML(text string) string {
	return element{name: "Response", children: []element{{name: "Error", text: text}}}.document()
}

// element is written with empty ones closed in themselves, as the original's clients expect and
// encoding/xml can't.
type element struct {
	name       string
	attributes []string // names and values
	text       string
	children   []element
}

func (e element) document() string {
	var out bytes.Buffer
	out.WriteString(xmlHead)
	e.write(&out, 0)
	return out.String()
}

func (e element) write(out *bytes.Buffer, depth int) {
	indent := strings.Repeat("  ", depth)
	out.WriteString(indent + "<" + e.name)
	for i := 0; i < len(e.attributes); i += 2 {
		out.WriteString(" " + e.attributes[i] + `="`)
		_ = xml.EscapeText(out, []byte(e.attributes[i+1])) // a buffer takes all
		out.WriteString(`"`)
	}
	switch {
	case len(e.children) > 0:
		out.WriteString(">\n")
		for _, child := range e.children {
			child.write(out, depth+1)
		}
		out.WriteString(indent + "</" + e.name + ">\n")
	case e.text != "":
		out.WriteString(">")
		_ = xml.EscapeText(out, []byte(e.text))
		out.WriteString("</" + e.name + ">\n")
	default:
		out.WriteString("/>\n")
	}
}
