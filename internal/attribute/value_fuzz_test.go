package attribute_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"postroom/internal/attribute"
	"postroom/internal/desk"
)

// FuzzValue sends anything for attributes of every type: what is taken comes back from the database
// as it was, what is not is refused as a value that can't be used.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{`"x"`, `12`, `-0.5e3`, `true`, `null`, `["a",["b"]]`, `{"value":1,"label":[]}`, `"2024-03-18T22:43:02.747+14:00"`, `"0001-01-01"`} {
		f.Add(seed)
	}
	types := []string{
		"input", "select", "multiselect", "tree_select", "multi_tree_select", "datetime", "date", "textarea", "richtext", "integer", "boolean",
		"autocompletion_ajax_external_data_source",
	}
	f.Fuzz(func(t *testing.T, text string) {
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.UseNumber()
		var sent any
		if decoder.Decode(&sent) != nil {
			return
		}
		for _, dataType := range types {
			a := desk.Attribute{Name: "f", DataType: dataType}
			kept, err := attribute.Value(&a, sent)
			if err != nil {
				if !desk.Permanent(err) {
					t.Errorf("%s %s: error %v", dataType, text, err)
				}
				continue
			}
			stored, err := json.Marshal(map[string]any{"f": kept})
			if err != nil {
				t.Fatalf("%s %s: %#v can't be stored: %v", dataType, text, kept, err)
			}
			var custom map[string]any
			if err := json.Unmarshal(stored, &custom); err != nil {
				t.Fatal(err)
			}
			if got := a.Of(custom); !reflect.DeepEqual(got, a.Of(map[string]any{"f": kept})) {
				t.Errorf("%s %s: kept %#v, comes back %#v", dataType, text, kept, got)
			}
		}
	})
}
