package automation

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
)

// condition takes a condition about a kind of record and refuses one that can't be used. One that
// was stored already and is not sent again stays: it may name an attribute that is gone, and who
// switches the rule off must be able to.
func condition(in *rest.Input, dst *map[string]any, about *rules.Attributes, someone bool) {
	if !in.Params.Has("condition") {
		return
	}
	object(in, dst, "condition")
	if in.Err != nil {
		return
	}
	read, err := rules.ReadCondition(*dst, about)
	if err == nil && !someone {
		if _, unusable := read.Bind(rules.Context{Working: func(int64, time.Time) (bool, bool) { return false, false }}); unusable != nil {
			err = rest.Invalid("condition", "Invalid object selector conditions")
		}
	}
	in.Keep(err)
}

// perform takes actions and refuses those that lack something.
func perform(in *rest.Input, dst *map[string]any) {
	if !in.Params.Has("perform") {
		return
	}
	object(in, dst, "perform")
	in.Keep(rules.CheckPerform(*dst))
}

// object takes a JSON object, if one was sent, that is not too large to be kept.
func object(in *rest.Input, dst *map[string]any, key string) {
	if !in.Params.Has(key) {
		return
	}
	in.Object(dst, key)
	if text, err := json.Marshal(*dst); err == nil && len(text) > maxRuleBytes {
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

// about are the attributes that a condition about a kind of record may name.
func about(kind string, c *desk.Catalog) *rules.Attributes {
	var custom []rules.Custom
	for object, attributes := range c.Attributes {
		for _, a := range attributes {
			if valued, known := rules.KindOf(a.DataType); known && a.Custom() {
				custom = append(custom, rules.Custom{Object: object, Name: a.Name, Kind: valued})
			}
		}
	}
	switch kind {
	case "User":
		return rules.UserAttributes(custom...)
	case "Organization":
		return rules.OrganizationAttributes(custom...)
	}
	return rules.TicketAttributes(custom...)
}

// zone is the time zone of an installation.
func zone(c *desk.Catalog) *time.Location {
	location, err := time.LoadLocation(c.Settings.String("timezone_default"))
	if err != nil {
		return time.UTC
	}
	return location
}
