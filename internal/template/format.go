package template

import (
	"fmt"
	"strings"
	"time"
)

// form is how a language writes days and times, in the marks of Strftime.
type form struct{ day, time string }

// forms are those of the languages whose way differs from the plain one, by locale or language.
var forms = map[string]form{
	"en-us": {"%m/%d/%Y", "%m/%d/%Y %l:%M %P"},
	"en-ca": {"%Y-%m-%d", "%Y-%m-%d %l:%M %P"},
	"en-gb": {"%d/%m/%Y", "%d/%m/%Y %H:%M"},
	"bg":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"cs":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"da":    {"%d/%m/%Y", "%d/%m/%Y %H:%M"},
	"de":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"es":    {"%d/%m/%Y", "%d/%m/%Y %H:%M"},
	"et":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"fi":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"fr":    {"%d/%m/%Y", "%d/%m/%Y %H:%M"},
	"hr":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"hu":    {"%Y.%m.%d", "%Y.%m.%d %H:%M"},
	"it":    {"%d/%m/%Y", "%d/%m/%Y %H:%M"},
	"ja":    {"%Y/%m/%d", "%Y/%m/%d %H:%M"},
	"nl":    {"%d-%m-%Y", "%d-%m-%Y %H:%M"},
	"no":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"pl":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"pt":    {"%d/%m/%Y", "%d/%m/%Y %H:%M"},
	"ro":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"ru":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"sk":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"sv":    {"%Y-%m-%d", "%Y-%m-%d %H:%M"},
	"tr":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"uk":    {"%d.%m.%Y", "%d.%m.%Y %H:%M"},
	"zh":    {"%Y-%m-%d", "%Y-%m-%d %H:%M"},
}

func formOf(locale string) (form, bool) {
	locale = strings.ToLower(strings.ReplaceAll(locale, "_", "-"))
	if found, known := forms[locale]; known {
		return found, true
	}
	language, _, _ := strings.Cut(locale, "-")
	if language == "en" {
		language = "en-us"
	}
	found, known := forms[language]
	return found, known
}

// Moment writes a time as a language does, with its zone: one who reads a mail elsewhere can't guess it.
func Moment(at time.Time, locale string) string {
	if found, known := formOf(locale); known {
		return Strftime(at, found.time) + " (" + at.Location().String() + ")"
	}
	return at.UTC().Format("2006-01-02 15:04:05 UTC")
}

func writeDay(day time.Time, locale string) string {
	if found, known := formOf(locale); known {
		return Strftime(day, found.day)
	}
	return day.Format(time.DateOnly)
}

// Strftime writes a time in a form of percent marks, as %Y-%m-%d. Marks that it doesn't know stay.
func Strftime(at time.Time, format string) string {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		i++
		unpadded := format[i] == '-' && i+1 < len(format)
		if unpadded {
			i++
		}
		text, known := mark(at, format[i])
		switch {
		case !known:
			text = "%" + string(format[i])
		case unpadded:
			if text = strings.TrimLeft(text, " 0"); text == "" {
				text = "0"
			}
		}
		out.WriteString(text)
	}
	return out.String()
}

// layouts are the marks for which Go has a layout.
var layouts = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'B': "January", 'b': "Jan",
	'h': "Jan", 'A': "Monday", 'a': "Mon", 'p': "PM", 'P': "pm", 'e': "_2", 'j': "002", 'z': "-0700", 'Z': "MST", 'L': ".000",
	'F': "2006-01-02", 'T': "15:04:05", 'X': "15:04:05", 'R': "15:04", 'D': "01/02/06", 'x': "01/02/06", 'c': "Mon Jan _2 15:04:05 2006",
}

func mark(at time.Time, name byte) (text string, known bool) {
	switch name {
	case '%':
		return "%", true
	case 'k':
		return fmt.Sprintf("%2d", at.Hour()), true
	case 'l':
		return fmt.Sprintf("%2d", (at.Hour()+11)%12+1), true
	case 's':
		return fmt.Sprint(at.Unix()), true
	case 'u':
		return fmt.Sprint((int(at.Weekday())+6)%7 + 1), true
	case 'w':
		return fmt.Sprint(int(at.Weekday())), true
	case 'V':
		_, week := at.ISOWeek()
		return fmt.Sprintf("%02d", week), true
	case 'L':
		return strings.TrimPrefix(at.Format(".000"), "."), true
	}
	layout, known := layouts[name]
	return at.Format(layout), known
}
