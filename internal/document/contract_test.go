package document_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/document"
)

// attribute is one line of the published list of what stands in the indexes.
type attribute struct {
	Field    string
	Type     string
	Nullable bool
	Optional bool
	Samples  []any
}

func contract(t *testing.T) map[string][]attribute {
	t.Helper()
	text, err := os.ReadFile("testdata/index_attributes.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]attribute
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDocumentsHoldWhatIsPublished(t *testing.T) {
	t.Parallel()
	published := contract(t)
	c := catalog()
	terms := newTerms(c)
	anna := document.InOthers(person(), c)
	people := map[desk.UserID]json.RawMessage{8: anna}
	acme := document.OrganizationInOthers(organization(), c)
	full, empty := matter(people, acme), document.Matter{Ticket: desk.Ticket{ID: 2, OwnerID: 8, CustomerID: 8, GroupID: 1, StateID: 7, PriorityID: 3, Stamp: stamp()}, People: people}
	for _, tc := range []struct {
		index string
		name  string
		text  json.RawMessage
		full  bool // nothing is unknown that is never null
	}{
		{"ticket", "a full one", document.Ticket(full, terms), true},
		{"ticket", "one of which little is known", document.Ticket(empty, terms), false},
		{"ticket_priority", "one", terms.Priorities[3], true},
		{"ticket_state", "one with a next state", terms.States[7], true},
		{"ticket_state", "one without", terms.States[4], true},
		{"user", "one", document.User(person(), acme, c), true},
		{"organization", "one", document.Organization(organization(), []desk.UserID{8}, people, c), true},
		{"group", "one", terms.Groups[1], true},
		{"cti_log", "one", document.Call(call()), true},
		{"chat_session", "one", document.ChatSession(talk(anna)), true},
	} {
		var found map[string]any
		if err := json.Unmarshal(tc.text, &found); err != nil {
			t.Fatalf("%s, %s: %v", tc.index, tc.name, err)
		}
		if len(published[tc.index]) < 10 {
			t.Fatalf("%d attributes of %s are published: the list was not read", len(published[tc.index]), tc.index)
		}
		check(t, published, tc.index, tc.index+", "+tc.name, found, tc.full)
	}
}

// check compares an object with the attributes of its kind, and what is in it with theirs.
func check(t *testing.T, published map[string][]attribute, kind, where string, found map[string]any, full bool) {
	t.Helper()
	for _, a := range published[kind] {
		value, there := found[a.Field]
		if !there {
			if !a.Optional {
				t.Errorf("%s: %s is missing", where, a.Field)
			}
			continue
		}
		if value == nil && full && !a.Nullable {
			t.Errorf("%s: %s is null", where, a.Field)
		}
		checkValue(t, published, a, where+"."+a.Field, value)
	}
}

func checkValue(t *testing.T, published map[string][]attribute, a attribute, where string, value any) {
	t.Helper()
	if value == nil {
		// What is said of a full record may be unknown of another.
		return
	}
	ok := true
	switch kind, of, _ := strings.Cut(a.Type, ":"); kind {
	case "int":
		n, isNumber := value.(float64)
		ok = isNumber && n == float64(int64(n))
	case "number":
		_, ok = value.(float64)
	case "bool":
		_, ok = value.(bool)
	case "string":
		_, ok = value.(string)
	case "datetime":
		ok = isTime(value, "2006-01-02T15:04:05.000Z")
	case "date":
		ok = isTime(value, "2006-01-02")
	case "object":
		inner, isObject := value.(map[string]any)
		if ok = isObject; ok {
			checkObject(t, published, a, of, where, inner)
		}
	case "array":
		list, isList := value.([]any)
		if ok = isList; ok {
			for i, one := range list {
				checkElement(t, published, a, of, fmt.Sprintf("%s[%d]", where, i), one)
			}
		}
	default:
		t.Fatalf("%s: type %q is not known to this test", where, a.Type)
	}
	if !ok {
		t.Errorf("%s = %v (%T), want a value of type %s", where, value, value, a.Type)
	}
}

// checkObject looks into an object: at the attributes of its kind or, where none is named, at those
// of the published example.
func checkObject(t *testing.T, published map[string][]attribute, a attribute, of, where string, found map[string]any) {
	t.Helper()
	if of != "" {
		// Records inside others hold no further ones but those that make them readable.
		checkPlain(t, published, of, where, found)
		return
	}
	for _, sample := range a.Samples {
		example, _ := sample.(map[string]any)
		for name := range example {
			if _, there := found[name]; !there {
				t.Errorf("%s: %s is missing", where, name)
			}
		}
	}
}

func checkPlain(t *testing.T, published map[string][]attribute, kind, where string, found map[string]any) {
	t.Helper()
	for _, a := range published[kind] {
		if strings.HasSuffix(a.Type, ":user") || strings.HasSuffix(a.Type, ":organization") {
			continue
		}
		value, there := found[a.Field]
		if !there && !a.Optional {
			t.Errorf("%s: %s is missing", where, a.Field)
		} else if there {
			checkValue(t, published, a, where+"."+a.Field, value)
		}
	}
}

func checkElement(t *testing.T, published map[string][]attribute, a attribute, of, where string, one any) {
	t.Helper()
	inner, isObject := one.(map[string]any)
	switch of {
	case "article":
		check(t, published, "ticket.article", where, inner, true)
	case "user":
		checkPlain(t, published, "user", where, inner)
	case "int":
		if _, ok := one.(float64); !ok {
			t.Errorf("%s = %v, want a number", where, one)
		}
	case "string":
		if _, ok := one.(string); !ok {
			t.Errorf("%s = %v, want a text", where, one)
		}
	case "object":
		if !isObject {
			t.Errorf("%s = %v, want an object", where, one)
			return
		}
		for _, sample := range a.Samples {
			list, _ := sample.([]any)
			for _, example := range list {
				for name := range example.(map[string]any) {
					if _, there := inner[name]; !there {
						t.Errorf("%s: %s is missing", where, name)
					}
				}
			}
		}
	}
}

func isTime(value any, form string) bool {
	text, ok := value.(string)
	if !ok {
		return false
	}
	_, err := time.Parse(form, text)
	return err == nil
}
