package automation

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/perform"
	"postroom/internal/rules"
)

// condition takes a condition of a rule about a kind of record.
func condition(in *rest.Input, dst *map[string]any, about *rules.Attributes) {
	in.Condition(dst, about)
	checkSize(in, *dst, "condition")
}

// impersonal is condition for what runs in nobody's name: it can't ask who the current user is.
func impersonal(in *rest.Input, dst *map[string]any, about *rules.Attributes) {
	condition(in, dst, about)
	if in.Err != nil || !in.Params.Has("condition") {
		return
	}
	read, err := rules.ReadCondition(*dst, about)
	if err != nil {
		return // it was stored before what it names was taken away
	}
	anytime := func(int64, time.Time) (working, exists bool) { return false, false }
	if _, err := read.Bind(rules.Context{Working: anytime}); err != nil {
		in.Keep(rest.Invalid("condition", "Invalid object selector conditions"))
	}
}

// actions takes actions and refuses those that lack something.
func actions(in *rest.Input, dst *map[string]any) {
	if !in.Params.Has("perform") {
		return
	}
	object(in, dst, "perform")
	in.Keep(perform.Check(*dst))
}

// object takes a JSON object, if one was sent, that is not too large to be kept.
func object(in *rest.Input, dst *map[string]any, key string) {
	if !in.Params.Has(key) {
		return
	}
	in.Object(dst, key)
	checkSize(in, *dst, key)
}

func checkSize(in *rest.Input, value map[string]any, key string) {
	if text, err := json.Marshal(value); err == nil && len(text) > maxRuleBytes {
		in.Keep(rest.Invalid(key, "%s is too long (maximum is %d characters)", humanized(key), maxRuleBytes))
	}
}

// required refuses a record without an object that it can't do without.
func required(in *rest.Input, key string, value map[string]any) {
	if value == nil {
		in.Keep(rest.Invalid(key, "Attribute '%s' required!", key))
	}
}

// choice takes one of a few words.
func choice(in *rest.Input, dst *string, key string, words ...string) {
	if in.Params.Blank(key) {
		return
	}
	in.Text(dst, key, maxTitle)
	if !slices.Contains(words, *dst) {
		in.Keep(rest.Invalid(key, "%s is not included in the list", humanized(key)))
	}
}

// speech takes the language and time zone of texts that are filled in; null and system mean those
// of the installation.
func speech(in *rest.Input, localization, zone **string) {
	in.NullText(localization, "localization", maxLocale)
	if !in.Params.Has("timezone") {
		return
	}
	in.NullText(zone, "timezone", maxZone)
	if name := *zone; name != nil && *name != "" && *name != "system" {
		in.Keep(checkZone(*name))
	}
}

// checkZone refuses what is no name of a time zone of the world. Local is the machine's business.
func checkZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return rest.InvalidParam("timezone", name)
	}
	return nil
}

// humanized is an attribute's name as error texts begin with it.
func humanized(key string) string {
	return strings.ToUpper(key[:1]) + strings.ReplaceAll(key[1:], "_", " ")
}
