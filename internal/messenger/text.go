package messenger

import (
	"maps"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
)

var lineBreaks = strings.NewReplacer("\t", " ", "\r", " ", "\n", " ")

// oneLine makes a stranger's text one line that can be stored.
func oneLine(text string) string { return lineBreaks.Replace(desk.Plain(text)) }

// optional is a text column that may be null.
func optional(text string) *string {
	if text = desk.Cut(oneLine(text), desk.MaxAddresses); text == "" {
		return nil
	}
	return &text
}

// body is the text of an article; HTML is made safe to show.
func (msg *message) body() string {
	text := desk.Plain(msg.Body)
	if msg.ContentType == "text/html" {
		settings := msg.catalog.Settings
		text, _ = richtext.Sanitize(text, richtext.Options{OwnURL: settings.String("http_type") + "://" + settings.String("fqdn")})
	}
	return desk.Cut(text, desk.MaxBody)
}

// with returns preferences with one more.
func with(preferences map[string]any, name string, value any) map[string]any {
	preferences = maps.Clone(preferences)
	if preferences == nil {
		preferences = map[string]any{}
	}
	preferences[name] = value
	return preferences
}

// merged returns preferences with more of them. What both have as objects is merged likewise.
func merged(preferences, more map[string]any) map[string]any {
	all := maps.Clone(preferences)
	if all == nil {
		all = map[string]any{}
	}
	for name, value := range more {
		was, one := all[name].(map[string]any)
		is, two := value.(map[string]any)
		if one && two {
			inner := maps.Clone(was)
			maps.Copy(inner, is)
			value = inner
		}
		all[name] = value
	}
	return plain(all).(map[string]any)
}

// plain is desk.Plain for everything in a JSON value.
func plain(value any) any {
	switch v := value.(type) {
	case string:
		return desk.Plain(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plain(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, item := range v {
			out[desk.Plain(name)] = plain(item)
		}
		return out
	}
	return value
}
