package index_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// published is one line of the published list of what stands in the indexes.
type published struct{ Field, Type string }

// typesOf are what an index may take values of a published type for.
var typesOf = map[string]string{
	"int": "long", "number": "double", "bool": "boolean", "string": "text", "datetime": "date", "date": "date",
	"array:int": "long", "array:string": "text", "array:any": "text",
}

// hasPublishedTypes holds how the engine reads documents against the published list: what it has not seen a
// value of yet it does not know.
func (o *office) hasPublishedTypes(objects ...string) {
	o.T.Helper()
	text, err := os.ReadFile("../../internal/document/testdata/index_attributes.json")
	if err != nil {
		o.T.Fatal(err)
	}
	var all map[string][]published
	if err := json.Unmarshal(text, &all); err != nil {
		o.T.Fatal(err)
	}
	known := 0
	for _, object := range objects {
		for _, index := range o.ask(o.prefix + "_" + object + "/_mapping") {
			properties, _ := dig(index, "mappings", "properties").(map[string]any)
			known += checkTypes(o.T, all, object, properties)
			if object == "ticket" {
				articles, _ := dig(properties, "article", "properties").(map[string]any)
				known += checkTypes(o.T, all, "ticket.article", articles)
			}
		}
	}
	if known < 150 {
		o.T.Errorf("%d types were compared: the indexes were not read", known)
	}
}

func checkTypes(t *testing.T, all map[string][]published, kind string, properties map[string]any) (known int) {
	t.Helper()
	for _, a := range all[kind] {
		found, there := properties[a.Field].(map[string]any)
		if !there {
			continue
		}
		known++
		want, plain := typesOf[a.Type]
		switch {
		case !plain: // an object, which may be kept without being asked for
			if found["properties"] == nil && found["enabled"] != false {
				t.Errorf("%s.%s is %v, want an object", kind, a.Field, found)
			}
		case found["type"] != want:
			t.Errorf("%s.%s is read as %v, want %s", kind, a.Field, found["type"], want)
		case want == "text" && dig(found, "fields", "keyword", "type") != "keyword":
			t.Errorf("%s.%s can't be asked for as a whole: %v", kind, a.Field, found)
		}
		if strings.HasPrefix(a.Type, "object:user") {
			if login := dig(found, "properties", "login", "type"); login != "text" {
				t.Errorf("%s.%s.login is read as %v, want text", kind, a.Field, login)
			}
		}
	}
	return known
}
