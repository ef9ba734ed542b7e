// Package template fills in texts that administrators write: mails of triggers, notes of macros,
// payloads of webhooks. Placeholders such as #{ticket.customer.firstname} become values.
//
// In come a text and the records it may name, out comes the text filled in. Nothing that somebody
// writes into a placeholder is run: it is a path along known attributes and relations. What can't
// be filled in is said in its place, as #{ticket.foo / no such method}, so that whoever wrote it
// sees it. The package asks for records by functions it is handed, and does no I/O of its own.
package template

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// Object is something that placeholders can name: a record, or a bundle of values.
type Object interface {
	// Get returns an attribute: a text, number, switch, time, list, Object, HTML, or nil where
	// nothing is set. known is false where there is no such attribute.
	Get(name string) (value any, known bool)
}

// HTML is a value that is HTML already.
type HTML string

// Day is a value without a time of day.
type Day time.Time

// Labeled is a value of an attribute with options: forms show its label.
type Labeled struct {
	Value any
	Label string
}

// Text is a value that an attribute for longer texts holds: its line breaks count.
type Text string

// Filler fills in texts.
type Filler struct {
	Objects   map[string]Object
	Locale    string                     // such as de-de: how times are written
	Zone      *time.Location             // in which times are meant; nil: UTC
	Translate func(source string) string // into Locale; nil: texts stay as they are
	Terse     bool                       // what can't be filled in becomes - and nothing more
}

// maxFilled bounds a text that is filled in: a short one can name a long article many times.
const maxFilled = 2 << 20 // bytes

// ToHTML fills in an HTML text. Values are escaped.
func (f *Filler) ToHTML(text string) string { return f.fill(text, true) }

// ToText fills in a plain text, such as a subject.
func (f *Filler) ToText(text string) string { return f.fill(text, false) }

var placeholder = regexp.MustCompile(`(?s)\\?#\{(.*?)\}`)

func (f *Filler) fill(text string, asHTML bool) string {
	left := maxFilled
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if found[0] == '\\' {
			return found[1:]
		}
		filled := f.value(keyOf(found[2:len(found)-1]), asHTML)
		if left -= len(filled); left < 0 {
			return ""
		}
		return filled
	})
}

var (
	blanks      = regexp.MustCompile(`[ \t\r\n]+`)
	wrappingTag = regexp.MustCompile(`<[^<>]*>`)
	forbidden   = regexp.MustCompile("(?i)`" + `|\.\s*(?:save|destroy|delete|remove|drop|update|create|new|all|where|find|raise|dump|rollback|freeze)`)
	harmless    = regexp.MustCompile(`(?i)\.(?:created|updated)_(?:at|by)\b`)
	translation = regexp.MustCompile(`(?s)^t\(\s*(.*?)\s*\)$`)
	moment      = regexp.MustCompile(`(?s)^dt\(\s*(.*?)\s*\)$`)
)

// keyOf is what stands in a placeholder, without the marks that an editor wrapped around it.
func keyOf(inside string) string {
	inside = html.UnescapeString(wrappingTag.ReplaceAllString(inside, ""))
	return strings.TrimSpace(strings.ReplaceAll(inside, "\u00a0", " "))
}

// value is what a placeholder becomes.
func (f *Filler) value(key string, asHTML bool) string {
	if call := translation.FindStringSubmatch(key); call != nil {
		return f.translated(call[1], asHTML)
	}
	if call := moment.FindStringSubmatch(key); call != nil {
		return f.formatted(key, call[1], asHTML)
	}
	found, problem := f.look(key)
	if problem != "" {
		return f.complain(problem, asHTML)
	}
	return f.write(found, asHTML)
}

// look follows a path to its value, or says why it can't.
func (f *Filler) look(path string) (found any, problem string) {
	path = blanks.ReplaceAllString(path, "")
	if forbidden.MatchString(harmless.ReplaceAllString(path, "")) {
		return nil, path + " / not allowed"
	}
	name, rest, _ := strings.Cut(path, ".")
	if name == "" {
		return nil, "no such object"
	}
	object, known := f.Objects[name]
	if !known || object == nil {
		return nil, name + " / no such object"
	}
	if rest == "" {
		return nil, path + " / no such method"
	}
	found = object
	for walked := name; rest != ""; {
		var step string
		step, rest, _ = strings.Cut(rest, ".")
		walked += "." + step
		if found, known = next(found, step); !known {
			return nil, walked + " / no such method"
		}
		if found == nil {
			return nil, ""
		}
	}
	if _, isObject := found.(Object); isObject {
		return nil, path + " / no such method"
	}
	return found, ""
}

// next goes one step along a path.
func next(from any, step string) (any, bool) {
	switch from := from.(type) {
	case Object:
		if picture, known := pictureOf(from, step); known {
			return picture, true
		}
		return from.Get(step)
	case Labeled:
		if step == "value" {
			return from.Label, true
		}
		return nil, false
	}
	return from, step == "value" // a value is its own display
}

func (f *Filler) complain(problem string, asHTML bool) string {
	if f.Terse {
		return "-"
	}
	problem = "#{" + problem + "}"
	if asHTML {
		return html.EscapeString(problem)
	}
	return problem
}

func (f *Filler) translated(argument string, asHTML bool) string {
	text, quoted := unquoted(argument)
	if !quoted {
		found, problem := f.look(argument)
		if problem != "" {
			return f.complain(problem, asHTML)
		}
		text = f.plain(found)
	}
	if f.Translate != nil {
		text = f.Translate(text)
	}
	return escaped(text, asHTML)
}

func unquoted(text string) (string, bool) {
	if len(text) < 2 || text[0] != text[len(text)-1] || text[0] != '\'' && text[0] != '"' {
		return text, false
	}
	return text[1 : len(text)-1], true
}

// formatted is the value of dt(path, "format", "zone").
func (f *Filler) formatted(key, arguments string, asHTML bool) string {
	parts := strings.Split(arguments, ",")
	format, zone := "%Y-%m-%d %H:%M:%S", f.zone()
	bad := f.complain(key+" / invalid parameter", asHTML)
	if len(parts) > 3 {
		return bad
	}
	for i, part := range parts[1:] {
		text, quoted := unquoted(strings.TrimSpace(part))
		if !quoted {
			return bad
		}
		if i == 0 {
			format = text
			continue
		}
		var err error
		if zone, err = time.LoadLocation(text); err != nil || text == "" || text == "Local" {
			return bad
		}
	}
	found, problem := f.look(parts[0])
	if problem != "" {
		return f.complain(problem, asHTML)
	}
	switch at := found.(type) {
	case nil:
		return ""
	case time.Time:
		return escaped(Strftime(at.In(zone), format), asHTML)
	case Day:
		return escaped(Strftime(time.Time(at), format), asHTML)
	}
	return bad
}

func (f *Filler) zone() *time.Location {
	if f.Zone == nil {
		return time.UTC
	}
	return f.Zone
}

// write makes a value text or HTML.
func (f *Filler) write(value any, asHTML bool) string {
	switch v := value.(type) {
	case HTML:
		if !asHTML {
			return richtext.PlainText(string(v))
		}
		return string(v)
	case Text:
		if asHTML {
			return richtext.FromText(string(v))
		}
		return string(v)
	case Picture:
		if asHTML {
			return v.html()
		}
		return ""
	}
	return escaped(f.plain(value), asHTML)
}

func escaped(text string, asHTML bool) string {
	if asHTML {
		return html.EscapeString(text)
	}
	return text
}

// plain is a value as people read it.
func (f *Filler) plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case Text:
		return string(v)
	case HTML:
		return richtext.PlainText(string(v))
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return Moment(v.In(f.zone()), f.Locale)
	case Day:
		return writeDay(time.Time(v), f.Locale)
	case Labeled:
		return f.plain(v.Value)
	case []string:
		return strings.Join(v, ", ")
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, f.plain(one))
		}
		return strings.Join(all, ", ")
	case map[string]any:
		return f.plain(v["value"])
	}
	return ""
}

// Settings are the settings that texts may name: not those that hold secrets.
type Settings struct {
	All    desk.Settings
	Secret func(name string) bool // nil: none is
}

// Get implements Object.
func (s Settings) Get(name string) (any, bool) {
	if _, known := s.All[name]; !known || s.Secret != nil && s.Secret(name) {
		return nil, false
	}
	var value any
	s.All.Into(name, &value)
	return value, true
}
