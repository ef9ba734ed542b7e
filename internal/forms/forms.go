// Package forms holds the rules of the forms in which people fill in records: which values a field
// takes, and which fields must not be empty.
//
// Whoever writes a record through the API is taken to fill in a form, so one set of rules holds for
// all clients. They come from the definitions of attributes, from what is built in for a kind of
// record (Ticket, User, Organization, Group), and from the workflows of administrators. Automatic
// writes, such as those of mails and triggers, pass no form. The package does no I/O.
package forms

import (
	"cmp"
	"slices"
	"time"

	"postroom/internal/desk"
)

// Screens are what forms are called, in definitions of attributes and in workflows.
const (
	ScreenCreateTicket = "create_middle"
	ScreenCreate       = "create"
	ScreenEdit         = "edit"
)

// Form is the form of one kind of record, as one person sees it.
type Form struct {
	Object  string // Ticket, User …
	Screen  string
	Catalog *desk.Catalog
	Who     *desk.Caller
	// Holds decides whether who fills in the form counts as holding a permission; nil: as Who does.
	Holds func(permission string) bool
	// Offers are fields that take only some values, such as groups one has access to. What
	// administrators forbid is forbidden beside it, what they allow has to be in it.
	Offers map[string]func(value string) bool
	// Required are fields that must not be empty, unless an administrator says so.
	Required []string
	// Hidden are fields that are not shown, unless an administrator says so.
	Hidden []string
	// Related are the records that the record refers to, see Relations.
	Related map[string]Values
	Now     time.Time
}

// Check returns nil, or an *desk.InvalidError that names the first field whose value can't be taken
// or is missing. What before had already is always allowed; before is nil for a new record.
func (f Form) Check(before, after Values) error {
	fields := f.fields(after)
	f.runWorkflows(fields, before, after)
	ordered := inOrder(fields)
	for _, field := range ordered {
		if err := field.checkOffered(before, after); err != nil {
			return err
		}
	}
	for _, field := range ordered {
		if field.shown && field.required && after.blank(field.name) {
			return missing(field.name)
		}
	}
	for _, field := range ordered {
		if err := field.checkLimits(before, after, f.Now); err != nil {
			return err
		}
	}
	return nil
}

// field is one field of a form.
type field struct {
	name      string
	attribute *desk.Attribute // nil: none is defined, as for a column that only we know
	shown     bool
	hidden    bool // not shown, but there
	required  bool
	readOnly  bool
	most      func(value string) bool // what the field can take whatever workflows say; nil: anything
	allowed   func(value string) bool // what it takes; nil: anything
	known     []string                // the values there are; nil: too many to tell
}

func (f Form) holds(permission string) bool {
	if f.Holds != nil {
		return f.Holds(permission)
	}
	return f.Who != nil && f.Who.UserCan(permission)
}

// fields are the fields of the form before any workflow. A kind of record without definitions has
// all its attributes in its form.
func (f Form) fields(values Values) map[string]*field {
	fields := map[string]*field{}
	if len(f.Catalog.Attributes[f.Object]) == 0 {
		for name := range values {
			fields[name] = &field{name: name, shown: true}
		}
	}
	restricted := f.restrictedByWorkflows()
	for i := range f.Catalog.Attributes[f.Object] {
		a := &f.Catalog.Attributes[f.Object][i]
		if !a.Active || a.ToCreate || !f.mayUse(a) {
			continue
		}
		options := f.screenOptions(a)
		made := &field{name: a.Name, attribute: a, shown: shown(options)}
		if a.Editable {
			made.required = required(options)
			made.known = valuesOf(a, options, restricted[a.Name])
			made.allowed = among(made.known)
		}
		fields[a.Name] = made
	}
	for name, offered := range f.Offers {
		made := fields[name]
		if made == nil {
			made = &field{name: name}
			fields[name] = made
		}
		made.most, made.allowed = offered, offered
	}
	for _, name := range f.Hidden {
		if fields[name] != nil {
			fields[name].shown = false
		}
	}
	for _, name := range f.Required {
		if fields[name] == nil {
			fields[name] = &field{name: name}
		}
		fields[name].shown, fields[name].required = true, true
	}
	return fields
}

// mayUse reports whether the attribute is for people with the permissions of who fills in the form.
func (f Form) mayUse(a *desk.Attribute) bool {
	permissions, _ := a.DataOption["permission"].([]any)
	return len(permissions) == 0 || slices.ContainsFunc(permissions, func(permission any) bool {
		name, _ := permission.(string)
		return f.holds(name)
	})
}

// everybody is the key under which screens have what holds whatever one may do.
const everybody = "-all-"

// screenOptions are how an attribute is shown on the form's screen to who fills it in; nil: not at all.
func (f Form) screenOptions(a *desk.Attribute) map[string]any {
	screen, _ := a.Screens[f.Screen].(map[string]any)
	var merged map[string]any
	for _, permission := range sortedKeys(screen) { // -all- comes first
		options, ok := screen[permission].(map[string]any)
		if !ok || permission != everybody && !f.holds(permission) {
			continue
		}
		if merged == nil {
			merged = map[string]any{}
		}
		for key, value := range options {
			merged[key] = value
		}
	}
	return merged
}

func shown(options map[string]any) bool {
	return options != nil && options["shown"] != false
}

// required reads either of two keys: older definitions say null, newer ones required.
func required(options map[string]any) bool {
	if must, said := options["required"].(bool); said {
		return must
	}
	return options["null"] == false
}

// valuesOf are the values an attribute takes; nil: any. Options bind only where a filter or a
// workflow says so: clients may know others.
func valuesOf(a *desk.Attribute, options map[string]any, restricted bool) []string {
	for _, from := range []map[string]any{options, a.DataOption} {
		if filter, ok := from["filter"].([]any); ok {
			return listOf(filter)
		}
	}
	if !restricted {
		return nil
	}
	values := []string{}
	switch choices := a.DataOption["options"].(type) {
	case map[string]any:
		values = sortedKeys(choices)
	case []any:
		values = inTree(choices)
	}
	if len(values) == 0 {
		return nil
	}
	return values
}

// inTree are the values of a list of options, those below others too.
func inTree(options []any) []string {
	var values []string
	for _, option := range options {
		node, _ := option.(map[string]any)
		if value, ok := node["value"].(string); ok {
			values = append(values, value)
		}
		children, _ := node["children"].([]any)
		values = append(values, inTree(children)...)
	}
	return values
}

// among allows the values of a list; nil: all.
func among(values []string) func(string) bool {
	if values == nil {
		return nil
	}
	return func(value string) bool { return slices.Contains(values, value) }
}

// inOrder are fields as forms show them: by the position of their attributes, then by name.
func inOrder(fields map[string]*field) []*field {
	var ordered []*field
	for _, name := range sortedKeys(fields) {
		ordered = append(ordered, fields[name])
	}
	position := func(f *field) int {
		if f.attribute == nil {
			return 0
		}
		return f.attribute.Position
	}
	slices.SortStableFunc(ordered, func(a, b *field) int { return cmp.Compare(position(a), position(b)) })
	return ordered
}

// checkOffered refuses values that were chosen anew and are not to be chosen.
func (f *field) checkOffered(before, after Values) error {
	if f.allowed == nil {
		return nil
	}
	stored := before.list(f.name)
	for _, value := range after.list(f.name) {
		if !slices.Contains(stored, value) && !f.allowed(value) {
			return &desk.InvalidError{
				Field: f.name, Reason: "Invalid value '" + desk.Cut(value, maxQuoted) + "' for field '" + f.name + "'!",
			}
		}
	}
	return nil
}

func missing(name string) error {
	return &desk.InvalidError{Field: name, Reason: "Missing required value for field '" + name + "'!"}
}

// maxQuoted is how much of a value an error quotes, in characters.
const maxQuoted = 100
