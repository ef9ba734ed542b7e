package attribute

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// dataTypes are those an administrator may choose from.
var dataTypes = strings.Fields(`input select multiselect tree_select multi_tree_select datetime date textarea richtext integer boolean
	autocompletion_ajax_external_data_source`)

// chosen reports whether values of a type are chosen from options.
func chosen(dataType string) bool {
	return slices.Contains([]string{"select", "multiselect", "tree_select", "multi_tree_select"}, dataType)
}

// interchangeable reports whether the type of an attribute may become another one of these.
func interchangeable(dataType string) bool { return chosen(dataType) || dataType == "input" }

// fitsColumn reports whether values of a type can be kept in a column for a text.
func fitsColumn(dataType string) bool {
	return slices.Contains([]string{"input", "textarea", "richtext", "select", "tree_select"}, dataType)
}

// Bounds of limits that administrators set.
const (
	maxText          = 1_000_000 // characters
	defaultMaxLength = 255       // of what is chosen
)

// Complete returns the options of an attribute with what everybody who reads them relies on.
func Complete(dataType string, sent map[string]any) map[string]any {
	options, _ := plain(sent).(map[string]any)
	if options == nil {
		options = map[string]any{}
	}
	add := func(key string, value any) {
		if _, there := options[key]; !there {
			options[key] = value
		}
	}
	add("default", nil)
	if options["default"] == nil && (chosen(dataType) || dataType == "input") {
		options["default"] = ""
	}
	if dataType == "boolean" {
		options["default"] = switchOf(options["default"])
	}
	if options["null"] == nil {
		options["null"] = true
	}
	switch options["options"].(type) {
	case map[string]any, []any:
	default:
		options["options"] = map[string]any{}
	}
	if _, isText := options["relation"].(string); !isText {
		options["relation"] = ""
	}
	if chosen(dataType) {
		add("nulloption", true)
		add("maxlength", float64(defaultMaxLength))
	}
	return options
}

// switchOf reads a switch that may have been sent as text; nil: neither on nor off.
func switchOf(value any) any {
	switch value {
	case true, "true":
		return true
	case false, "false":
		return false
	}
	return nil
}

// check refuses definitions that make no sense.
func check(a desk.Attribute, options map[string]any) error {
	switch {
	case strings.TrimSpace(a.Display) == "":
		return invalid("display", "Display can't be blank")
	case !slices.Contains(dataTypes, a.DataType):
		return invalid("data_type", "Data type %s is not a valid data type", a.DataType)
	}
	a.DataOption = options
	switch a.DataType {
	case "input":
		kind, _ := options["type"].(string)
		if !slices.Contains([]string{"text", "password", "tel", "fax", "email", "url"}, kind) {
			return invalid("data_option", "Data option must have one of text/password/tel/fax/email/url for :type")
		}
		return checkMaxLength(a)
	case "textarea", "richtext":
		return checkMaxLength(a)
	case "select", "multiselect", "tree_select", "multi_tree_select":
		return checkMaxLength(a)
	case "integer":
		return checkRange(a)
	case "datetime":
		return checkDatetime(options)
	case "date":
		return checkDiff(options, "Data option must have integer value for :diff (in days)")
	case "autocompletion_ajax_external_data_source":
		return checkExternal(options)
	}
	return nil
}

func checkMaxLength(a desk.Attribute) error {
	if n, ok := a.Number("maxlength"); !ok || n < 1 || n > maxText {
		return invalid("data_option", "Data option must have integer for :maxlength")
	}
	return nil
}

func checkRange(a desk.Attribute) error {
	const limit = math.MaxInt32
	least, ok := a.Number("min")
	if !ok || least < -limit || least > limit {
		return invalid("data_option", "Data option must have integer for :min")
	}
	most, ok := a.Number("max")
	if !ok || most < -limit || most > limit {
		return invalid("data_option", "Data option must have integer for :max")
	}
	if least > most {
		return invalid("data_option", "Data option :max value must be greater than or equal to :min value")
	}
	return nil
}

func checkDatetime(options map[string]any) error {
	for _, key := range []string{"future", "past"} {
		if switchOf(options[key]) == nil {
			return invalid("data_option", "Data option must have boolean value for :%s", key)
		}
	}
	return checkDiff(options, "Data option must have integer value for :diff (in hours)")
}

// checkDiff wants a number, or a null that says there is none.
func checkDiff(options map[string]any, complaint string) error {
	value, sent := options["diff"]
	fits := value == nil
	switch v := value.(type) {
	case float64:
		fits = v == math.Trunc(v)
	case string:
		_, err := strconv.Atoi(v)
		fits = err == nil || v == ""
	}
	if !sent || !fits {
		return invalid("data_option", "%s", complaint)
	}
	return nil
}

func checkExternal(options map[string]any) error {
	text, _ := options["search_url"].(string)
	// What is filled in when it is searched stands for any text.
	address, err := url.Parse(strings.NewReplacer("#{", "", "}", "").Replace(text))
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" {
		return invalid("data_option", "Data option must have an http or https address for :search_url")
	}
	return nil
}

// Shown are options as clients expect them, also those of our own attributes.
func Shown(dataType string, stored map[string]any) map[string]any {
	if !chosen(dataType) {
		return stored
	}
	options := map[string]any{"null": true, "nulloption": true, "maxlength": defaultMaxLength}
	for key, value := range stored {
		options[key] = value
	}
	return options
}
