package attribute_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"postroom/internal/attribute"
	"postroom/internal/desk"
)

// decoded reads JSON as a client's body is read.
func decoded(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func options(t *testing.T, text string) map[string]any {
	t.Helper()
	return decoded(t, text).(map[string]any)
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestNamesThatAttributesCantHave(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ object, name, want string }{
		{"Ticket", "color", ""},
		{"Ticket", "_x1", ""},
		{"Ticket", "", "Name can't be blank"},
		{"Ticket", "color_id", "Name can't be used because *_id and *_ids are not allowed"},
		{"Ticket", "color_ids", "Name can't be used because *_id and *_ids are not allowed"},
		{"Ticket", "my color", "Name spaces are not allowed"},
		{"Ticket", "farbe_ü", "Name only lowercase letters, numbers, and '_' are allowed"},
		{"Ticket", "x'; drop table users", "Name spaces are not allowed"},
		{"Ticket", "123_", "Name at least one letter is required"},
		{"Ticket", "select", "Name select is a reserved word"},
		{"Ticket", "article", "Name article already exists"},
		{"User", "article", ""},
		{"User", "firstname", "Name firstname already exists"},
		{"User", "department", ""}, // offered to people again
		{"Ticket", strings.Repeat("a", 101), "Name is too long (maximum is 100 characters)"},
	} {
		a := desk.Attribute{Object: tc.object, Name: tc.name, Display: "x", DataType: "input", DataOption: options(t, `{"type": "text", "maxlength": 9}`)}
		if got := reason(attribute.New(&a)); got != tc.want {
			t.Errorf("%s.%s: %q, want %q", tc.object, tc.name, got, tc.want)
		}
	}
}

func TestOptionsAreCompleted(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ dataType, sent, want string }{
		{"boolean", `{"options": {"true": "yes", "false": "no"}}`, `{"options": {"true": "yes", "false": "no"}, "default": null, "null": true, "relation": ""}`},
		{"boolean", `{"options": {"true": "yes", "false": "no"}, "default": "false"}`, `{"options": {"true": "yes", "false": "no"}, "default": false, "null": true, "relation": ""}`},
		{"input", `{"type": "text", "maxlength": 120}`, `{"type": "text", "maxlength": 120, "default": "", "null": true, "options": {}, "relation": ""}`},
		{"select", `{"options": {"a": "A"}, "null": false}`, `{"options": {"a": "A"}, "default": "", "null": false, "nulloption": true, "maxlength": 255, "relation": ""}`},
		{"tree_select", `{"options": [{"name": "A", "value": "a"}]}`, `{"options": [{"name": "A", "value": "a"}], "default": "", "null": true, "nulloption": true, "maxlength": 255, "relation": ""}`},
		{"date", `{"diff": 3}`, `{"diff": 3, "default": null, "null": true, "options": {}, "relation": ""}`},
	} {
		var want map[string]any
		if err := json.Unmarshal([]byte(tc.want), &want); err != nil {
			t.Fatal(err)
		}
		if got := attribute.Complete(tc.dataType, options(t, tc.sent)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s %s: %v, want %v", tc.dataType, tc.sent, got, want)
		}
	}
}

func TestDefinitionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ dataType, options, want string }{
		{"checkers", `{}`, "Data type checkers is not a valid data type"},
		{"input", `{"type": "text"}`, "Data option must have integer for :maxlength"},
		{"input", `{"type": "text", "maxlength": "120"}`, ""},
		{"input", `{"type": "color", "maxlength": 120}`, "Data option must have one of text/password/tel/fax/email/url for :type"},
		{"textarea", `{"maxlength": "many"}`, "Data option must have integer for :maxlength"},
		{"richtext", `{"maxlength": 0}`, "Data option must have integer for :maxlength"},
		{"integer", `{"max": 3}`, "Data option must have integer for :min"},
		{"integer", `{"min": 1, "max": 2147483648}`, "Data option must have integer for :max"},
		{"integer", `{"min": 3, "max": 1}`, "Data option :max value must be greater than or equal to :min value"},
		{"integer", `{"min": -2147483647, "max": 2147483647}`, ""},
		{"datetime", `{"future": true, "diff": 0}`, "Data option must have boolean value for :past"},
		{"datetime", `{"future": true, "past": false}`, "Data option must have integer value for :diff (in hours)"},
		{"datetime", `{"future": true, "past": false, "diff": null}`, ""},
		{"date", `{"diff": "soon"}`, "Data option must have integer value for :diff (in days)"},
		{"autocompletion_ajax_external_data_source", `{"search_url": "file:///etc/passwd"}`, "Data option must have an http or https address for :search_url"},
		{"autocompletion_ajax_external_data_source", `{"search_url": "https://example.com/#{ticket.customer.email}?q=#{search.term}"}`, ""},
		{"boolean", `{"options": {"true": "y", "false": "n"}}`, ""},
		{"multiselect", `{}`, ""},
		{"multi_tree_select", `{"maxlength": "x"}`, "Data option must have integer for :maxlength"},
	} {
		a := desk.Attribute{Object: "Ticket", Name: "x1", Display: "x", DataType: tc.dataType, DataOption: options(t, tc.options)}
		if got := reason(attribute.New(&a)); got != tc.want {
			t.Errorf("%s %s: %q, want %q", tc.dataType, tc.options, got, tc.want)
		}
	}
	nameless := desk.Attribute{Object: "Ticket", Name: "x1", DataType: "date", DataOption: options(t, `{"diff": 0}`)}
	if got := reason(attribute.New(&nameless)); got != "Display can't be blank" {
		t.Errorf("without a display: %q", got)
	}
	column := desk.Attribute{Object: "User", Name: "city", Display: "City", DataType: "integer", DataOption: options(t, `{"min": 0, "max": 1}`)}
	if attribute.New(&column) == nil {
		t.Error("a column for texts may hold numbers")
	}
}

// selection is an attribute that was migrated.
func selection(t *testing.T) desk.Attribute {
	a := desk.Attribute{Object: "Ticket", Name: "color", Display: "Color", DataType: "select", DataOption: options(t, `{"options": {"r": "Red", "g": "Green"}}`), Active: true}
	if err := attribute.New(&a); err != nil {
		t.Fatal(err)
	}
	return attribute.Migrated(a)
}

func TestOptionsWaitForAMigrationAndKeepTheirHistory(t *testing.T) {
	t.Parallel()
	was := selection(t)
	if attribute.Pending(was) {
		t.Fatal("a migrated definition still waits")
	}
	becomes := was
	becomes.DataOption = options(t, `{"options": {"r": "Rouge", "b": "Bleu"}}`)
	if err := attribute.Change(was, &becomes, ""); err != nil {
		t.Fatal(err)
	}
	if !becomes.ToConfig || becomes.ToMigrate || !reflect.DeepEqual(becomes.DataOption, was.DataOption) {
		t.Errorf("before the migration: %+v", becomes)
	}
	undone := becomes
	undone.DataOption = was.DataOption
	if err := attribute.Change(becomes, &undone, ""); err != nil {
		t.Fatal(err)
	}
	if got := attribute.Labels(attribute.Migrated(undone).DataOption["options"]); !reflect.DeepEqual(got, map[string]string{"r": "Red", "g": "Green"}) {
		t.Errorf("a change that was changed back leaves %v", got)
	}
	done := attribute.Migrated(becomes)
	want := map[string]any{"r": "Rouge", "g": "Green", "b": "Bleu"}
	if got := done.DataOption["historical_options"]; !reflect.DeepEqual(got, want) || attribute.Pending(done) {
		t.Errorf("after the migration: historical options %v, want %v; %+v", got, want, done)
	}
	back, keep := attribute.Discarded(becomes)
	if !keep || attribute.Pending(back) || len(back.DataOptionNew) > 0 {
		t.Errorf("given up: %+v", back)
	}

	again := done
	again.DataOption = options(t, `{"options": {"b": "Bleu", "r": "Rouge"}}`)
	if err := attribute.Change(done, &again, ""); err != nil || attribute.Pending(again) {
		t.Errorf("the same options again: %v, %+v", err, again)
	}
	longer := done
	longer.DataOption = options(t, `{"options": {"b": "Bleu", "r": "Rouge"}, "maxlength": 300}`)
	if err := attribute.Change(done, &longer, ""); err != nil || !longer.ToMigrate {
		t.Errorf("another length: %v, %+v", err, longer)
	}
}

func TestChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(was, becomes *desk.Attribute)
		users  string
		want   string
	}{
		{"to several", func(_, b *desk.Attribute) { b.DataType = "multiselect" }, "", ""},
		{"to a date", func(_, b *desk.Attribute) { b.DataType = "date" }, "",
			"Data type can't be altered after creation (you can delete the attribute and create another with the desired value)"},
		{"one of ours", func(was, _ *desk.Attribute) { was.Editable = false }, "", "Name attribute is not editable"},
		{"switched off", func(_, b *desk.Attribute) { b.Active = false }, "", ""},
		{"switched off while used", func(_, b *desk.Attribute) { b.Active = false }, "Trigger: x",
			"Ticket.color is referenced by Trigger: x and thus cannot be set to inactive!"},
		{"renamed while used", func(_, b *desk.Attribute) { b.Display = "Colour" }, "Trigger: x", ""},
	} {
		was := selection(t)
		becomes := was
		tc.change(&was, &becomes)
		if got := reason(attribute.Change(was, &becomes, tc.users)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestWhoNeedsAnAttribute(t *testing.T) {
	t.Parallel()
	uses := attribute.UsesIn([]attribute.Rule{
		{Class: "Trigger", Name: "t", Asks: []any{options(t, `{"ticket.color": {"operator": "is", "value": "r"}}`)}, Does: options(t, `{"ticket.size": {"value": 1}}`)},
		{Class: "Overview", Name: "B", Asks: []any{options(t, `{"operator": "AND", "conditions": [{"operator": "NOT", "conditions": [{"name": "ticket.color", "operator": "is", "value": "r"}]}]}`)}},
		{Class: "Overview", Name: "A", Asks: []any{options(t, `{"ticket.color": {}}`), options(t, `{"ticket.color": {}}`)}},
		{Class: "Overview", Name: "C", Asks: []any{options(t, `{"customer.color": {}}`)}},
	})
	for _, tc := range []struct {
		a    desk.Attribute
		want string
	}{
		{desk.Attribute{Object: "Ticket", Name: "color"}, "Trigger: t; Overview: A,B"},
		{desk.Attribute{Object: "User", Name: "color"}, "Overview: C"},
		{desk.Attribute{Object: "Organization", Name: "color"}, ""},
		{desk.Attribute{Object: "Ticket", Name: "size"}, ""},
		{desk.Attribute{Object: "Ticket", Name: "size", Editable: true}, "Trigger: t"},
	} {
		if got := uses.Of(tc.a); got != tc.want {
			t.Errorf("%s.%s is needed by %q, want %q", tc.a.Object, tc.a.Name, got, tc.want)
		}
	}
	color := desk.Attribute{Object: "Ticket", Name: "color", Editable: true}
	if got := reason(attribute.Removable(color, uses.Of(color))); got != "Ticket.color is referenced by Trigger: t; Overview: A,B and thus cannot be deleted!" {
		t.Errorf("refusal of a deletion: %q", got)
	}
}

func TestWhatIsSentBecomesWhatIsKept(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ dataType, sent, want string }{
		{"input", `"x"`, `"x"`},
		{"input", `12`, `"12"`},
		{"input", `null`, `null`},
		{"input", `""`, `""`},
		{"input", `{"a": 1}`, `error Invalid value '{"a":1}' for field 'f'!`},
		{"select", `["a"]`, `"a"`},
		{"richtext", `"<b onclick=\"x()\">a</b><script>x</script>"`, `"<b>a</b>"`},
		{"multiselect", `["a", "", 7]`, `["a","7"]`},
		{"multiselect", `"a"`, `["a"]`},
		{"multiselect", `[]`, `[]`},
		{"multi_tree_select", `null`, `null`},
		{"multiselect", `[["a", "b"]]`, `error Invalid value '["a","b"]' for field 'f'!`},
		{"integer", `"42"`, `42`},
		{"integer", `42.0`, `42`},
		{"integer", `""`, `null`},
		{"integer", `4.2`, `error Invalid value '4.2' for field 'f'!`},
		{"integer", `99999999999`, `error Invalid value '99999999999' for field 'f'!`},
		{"integer", `"many"`, `error Invalid value 'many' for field 'f'!`},
		{"boolean", `true`, `true`},
		{"boolean", `"false"`, `false`},
		{"boolean", `0`, `false`},
		{"boolean", `"on"`, `true`},
		{"boolean", `""`, `null`},
		{"date", `"2024-03-18"`, `"2024-03-18"`},
		{"date", `"2024-03-18T22:00:00Z"`, `"2024-03-18"`},
		{"date", `"2024-02-30"`, `error Invalid value '2024-02-30' for field 'f'!`},
		{"datetime", `"2024-03-18T22:43:02.747+02:00"`, `"2024-03-18T20:43:02.747Z"`},
		{"datetime", `"2024-03-18 22:43"`, `"2024-03-18T22:43:00.000Z"`},
		{"datetime", `"tomorrow"`, `error Invalid value 'tomorrow' for field 'f'!`},
		{"autocompletion_ajax_external_data_source", `{"value": 7, "label": "Seven", "more": 1}`, `{"label":"Seven","value":"7"}`},
		{"autocompletion_ajax_external_data_source", `{"value": "7"}`, `{"label":"7","value":"7"}`},
		{"autocompletion_ajax_external_data_source", `{}`, `null`},
		{"autocompletion_ajax_external_data_source", `["7"]`, `error Invalid value '7' for field 'f'!`},
	} {
		a := desk.Attribute{Name: "f", DataType: tc.dataType}
		value, err := attribute.Value(&a, decoded(t, tc.sent))
		encoded, _ := json.Marshal(value)
		got := string(encoded)
		if err != nil {
			got = "error " + err.Error()
		}
		if strings.ReplaceAll(got, `\u003c`, "<") != tc.want && strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(got) != tc.want {
			t.Errorf("%s %s: %s, want %s", tc.dataType, tc.sent, got, tc.want)
		}
	}
}

func TestRulesAndMailsCutWhatIsTooLong(t *testing.T) {
	t.Parallel()
	a := desk.Attribute{Name: "f", DataType: "input", DataOption: map[string]any{"maxlength": 3}}
	if got, usable := attribute.Cut(&a, "äbcd"); got != "äbc" || !usable {
		t.Errorf("cut: %v, %v", got, usable)
	}
	number := desk.Attribute{Name: "f", DataType: "integer"}
	if _, usable := attribute.Cut(&number, "many"); usable {
		t.Error("a text is of use as a number")
	}
}
