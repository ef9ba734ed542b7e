package forms

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"postroom/internal/desk"
)

// maxRounds is how often workflows run again because one of them filled in a field that others ask
// for.
const maxRounds = 25

// workflows are the active workflows of administrators for the form, in their order.
func (f Form) workflows() []desk.CoreWorkflow {
	var fitting []desk.CoreWorkflow
	for _, w := range f.Catalog.Workflows {
		screens := listOf(w.Preferences["screen"])
		if w.Active && w.Changeable && (w.Object == nil || *w.Object == f.Object) && (len(screens) == 0 || slices.Contains(screens, f.Screen)) {
			fitting = append(fitting, w)
		}
	}
	slices.SortStableFunc(fitting, func(a, b desk.CoreWorkflow) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
	return fitting
}

// prefix is the name under which conditions and actions know the form's record.
func (f Form) prefix() string { return strings.ToLower(f.Object) + "." }

// restrictions are the actions after which a field takes only the options it has.
var restrictions = []string{"select", "set_fixed_to", "add_option", "remove_option"}

// restrictedByWorkflows are the fields of which any workflow of this kind of record, whether it
// applies or not, says which values they take.
func (f Form) restrictedByWorkflows() map[string]bool {
	restricted := map[string]bool{}
	for _, w := range f.Catalog.Workflows {
		if !w.Active || !w.Changeable || w.Object != nil && *w.Object != f.Object {
			continue
		}
		for key, config := range w.Perform {
			name, ours := strings.CutPrefix(key, f.prefix())
			settings, _ := config.(map[string]any)
			for _, operator := range listOf(settings["operator"]) {
				if ours && slices.Contains(restrictions, operator) {
					restricted[name] = true
				}
			}
		}
	}
	return restricted
}

// runWorkflows lets the workflows that apply change the fields. A workflow may fill in a field, and
// others may ask for what it says: all run again then.
func (f Form) runWorkflows(fields map[string]*field, before, after Values) run {
	workflows := f.workflows()
	if len(workflows) == 0 {
		return run{filled: after}
	}
	filled := maps.Clone(after)
	var did run
	asked := facts{form: f, before: before, session: sessionValues(f.Who, f.Catalog)}
	for range maxRounds {
		maps.Copy(fields, f.fields(after)) // every round starts anew
		asked.after = filled
		next := maps.Clone(filled)
		did.matched = nil
		for _, w := range workflows {
			if !asked.match(w) {
				continue
			}
			did.matched = append(did.matched, w.ID)
			for _, key := range sortedKeys(w.Perform) {
				name, ours := strings.CutPrefix(key, f.prefix())
				settings, _ := w.Perform[key].(map[string]any)
				if to := fields[name]; ours && to != nil {
					to.perform(settings, next)
				}
			}
			if w.StopAfterMatch {
				break
			}
		}
		if maps.EqualFunc(filled, next, func(a, b any) bool { return slices.Equal(listOf(a), listOf(b)) }) {
			break
		}
		filled = next
		did.again++
	}
	did.filled = filled
	return did
}

// run is what workflows did to a form.
type run struct {
	matched []desk.CoreWorkflowID // those that applied in the end
	filled  Values                // what is filled in
	again   int                   // how often they ran again
}

// perform does to a field what a workflow says, and to what is filled in.
func (f *field) perform(settings map[string]any, filled Values) {
	for _, operator := range listOf(settings["operator"]) {
		values := listOf(settings[operator])
		switch operator {
		case "show":
			f.shown, f.hidden = true, false
		case "hide":
			f.shown, f.hidden = false, true
		case "remove":
			f.shown, f.hidden = false, false
		case "set_readonly":
			f.readOnly = true
		case "unset_readonly":
			f.readOnly = false
		case "set_mandatory":
			f.required = true
		case "set_optional":
			f.required = false
		case "set_fixed_to":
			f.narrow(values, true)
		case "remove_option":
			f.narrow(values, false)
		case "add_option":
			f.widen(values)
		case "select", "fill_in":
			if len(values) > 0 {
				filled[f.name] = values
			}
		case "fill_in_empty":
			if len(values) > 0 && filled.blank(f.name) {
				filled[f.name] = values
			}
		case "auto_select":
			if only := f.choices(); len(only) == 1 && filled.blank(f.name) {
				filled[f.name] = only
			}
		}
	}
}

// narrow leaves a field only those of its values that are in a list, or that are not.
func (f *field) narrow(values []string, in bool) {
	was := f.allowed
	f.allowed = func(value string) bool {
		return slices.Contains(values, value) == in && (was == nil || was(value))
	}
	if in && f.known == nil {
		f.known = values
	}
}

// widen adds values to those that a field takes, as far as it can take them at all.
func (f *field) widen(values []string) {
	was := f.allowed
	if was == nil {
		return // anything is allowed already
	}
	f.allowed = func(value string) bool {
		return was(value) || slices.Contains(values, value) && (f.most == nil || f.most(value))
	}
	if f.known != nil {
		f.known = append(slices.Clone(f.known), values...)
	}
}

// choices are the values that a field takes now, where they can be told.
func (f *field) choices() []string {
	return slices.DeleteFunc(slices.Clone(f.known), func(value string) bool { return f.allowed != nil && !f.allowed(value) })
}

// Relations are the records beside the form's own that workflows ask for: customer, group …
func Relations(object string, c *desk.Catalog) []string {
	form := Form{Object: object, Catalog: c}
	asked := map[string]bool{}
	for _, w := range c.Workflows {
		if !w.Active || !w.Changeable || w.Object != nil && *w.Object != object {
			continue
		}
		for _, condition := range []map[string]any{w.ConditionSaved, w.ConditionSelected} {
			for key := range condition {
				if relation, _, ok := form.relation(key); ok {
					asked[relation] = true
				}
			}
		}
	}
	return sortedKeys(asked)
}

// relation splits the name of an attribute of another record: customer.vip, or ticket.customer.vip.
func (f Form) relation(key string) (relation, attribute string, ok bool) {
	key = strings.TrimPrefix(key, f.prefix())
	relation, attribute, ok = strings.Cut(key, ".")
	return relation, attribute, ok && relation != "session" && relation != "custom"
}
