package forms

import (
	"slices"

	"postroom/internal/desk"
)

// Outline is what a form looks like at one moment.
type Outline struct {
	Fields  []Look              // as forms show them
	Filled  map[string][]string // what workflows filled in
	Matched []desk.CoreWorkflowID
	Again   int // how often workflows ran again because one of them filled something in
}

// Look is how one field is shown.
type Look struct {
	Name       string
	Visibility string // show, hide: there but not seen, remove: not there
	Required   bool
	ReadOnly   bool
	Limited    bool // the field takes Choices only
	Choices    []string
}

// Outline works out what the form looks like, filled in as after says; before is nil for a new
// record. choices are the values there are of fields that refer to records: by itself the form only
// knows of a value whether it is offered.
func (f Form) Outline(before, after Values, choices map[string][]string) Outline {
	fields := f.fields(after)
	did := f.runWorkflows(fields, before, after)
	outline := Outline{Filled: map[string][]string{}, Matched: did.matched, Again: did.again}
	for _, field := range inOrder(fields) {
		look := field.look(choices[field.name])
		for _, stored := range before.list(field.name) { // what a record has already it may keep
			if look.Limited && !slices.Contains(look.Choices, stored) {
				look.Choices = append(look.Choices, stored)
			}
		}
		outline.Fields = append(outline.Fields, look)
	}
	for name := range did.filled {
		if filled := did.filled.list(name); !slices.Equal(filled, after.list(name)) {
			outline.Filled[name] = filled
		}
	}
	return outline
}

func (f *field) look(choices []string) Look {
	look := Look{Name: f.name, Visibility: "show", Required: f.shown && f.required, ReadOnly: f.readOnly}
	switch {
	case f.hidden:
		look.Visibility = "hide"
	case !f.shown:
		look.Visibility = "remove"
	}
	if f.known == nil {
		f.known = choices
	}
	if f.allowed != nil && f.known != nil {
		look.Limited, look.Choices = true, f.choices()
	}
	return look
}
