package parser

import (
	"net/mail"
	"strconv"
	"strings"
	"time"
)

// maxDate is how long a date can be, with its comment.
const maxDate = 500

// parseDate reads the Date header in the forms that mailers really write; nil: unreadable.
func parseDate(text string) *time.Time {
	if text == "" || len(text) > maxDate {
		return nil
	}
	text = numericZone(strings.TrimSpace(text))
	if t, err := mail.ParseDate(text); err == nil {
		return sane(t)
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
		time.ANSIC, time.UnixDate, time.RubyDate, time.RFC850, "Mon Jan _2 15:04:05 -0700 2006",
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 MST", "20060102T150405Z0700", "02/Jan/2006:15:04:05 -0700",
		"02.01.2006 15:04:05", "2006/01/02 15:04:05",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return sane(t)
		}
	}
	return looseDate(text)
}

// numericZone writes the offset of a zone's name, which the standard library takes as UTC.
func numericZone(text string) string {
	for _, word := range strings.Fields(text) {
		if d := (dateParts{}); len(word) > 3 && (word[:3] == "GMT" || word[:3] == "UTC") && d.addZone(word) && d.zone != nil {
			return strings.Replace(text, word, time.Time{}.In(d.zone).Format("-0700"), 1)
		}
		if hours, named := zoneHours[word]; named {
			return strings.Replace(text, word, time.Time{}.In(time.FixedZone("", hours*3600)).Format("-0700"), 1)
		}
	}
	return text
}

// sane refuses years that no database or client would take.
func sane(t time.Time) *time.Time {
	t = t.UTC()
	if t.Year() < 1900 || t.Year() > 9999 {
		return nil
	}
	return &t
}

// looseDate looks for a day, a month by name, a year, a time and a zone, in any order.
func looseDate(text string) *time.Time {
	if open := strings.IndexByte(text, '('); open >= 0 {
		text = text[:open]
	}
	d := dateParts{zone: time.UTC}
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	for i, word := range words {
		if i > 12 {
			return nil
		}
		if sub := strings.Split(word, "-"); len(sub) == 3 && len(sub[1]) == 3 {
			for _, s := range sub { // 14-Sep-2016
				d.add(s)
			}
			continue
		}
		d.add(word)
	}
	if d.day == 0 || d.month == 0 || d.year == 0 || !d.timed {
		return nil
	}
	if time.Date(d.year, d.month, d.day, 0, 0, 0, 0, d.zone).Day() != d.day {
		return nil // 31 February
	}
	return sane(time.Date(d.year, d.month, d.day, d.hour, d.minute, d.second, 0, d.zone))
}

type dateParts struct {
	year, day, hour, minute, second int
	month                           time.Month
	zone                            *time.Location
	timed                           bool
}

var monthNames = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// zoneHours are zones that mailers name; anything else is taken as UTC.
var zoneHours = map[string]int{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
	"CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2, "EEST": 3, "BST": 1, "JST": 9}

func (d *dateParts) add(word string) {
	upper := strings.ToUpper(word)
	switch {
	case d.addZone(upper):
		return
	case strings.Contains(word, ":"):
		d.addTime(word)
		return
	case upper == "AM" && d.hour == 12:
		d.hour = 0
		return
	case upper == "PM" && d.timed && d.hour < 12:
		d.hour += 12
		return
	}
	if n, err := strconv.Atoi(word); err == nil && word[0] != '+' && word[0] != '-' {
		d.addNumber(n, len(word))
		return
	}
	if len(word) >= 3 && d.month == 0 {
		for i, name := range monthNames {
			if strings.EqualFold(word[:3], name) {
				d.month = time.Month(i + 1)
				return
			}
		}
	}
}

func (d *dateParts) addNumber(n, digits int) {
	switch {
	case digits == 4:
		d.year = n
	case d.day == 0 && n >= 1 && n <= 31:
		d.day = n
	case digits == 2 && d.year == 0 && n < 50:
		d.year = 2000 + n
	case digits <= 3 && d.year == 0 && n < 1000:
		d.year = 1900 + n
	}
}

func (d *dateParts) addTime(word string) {
	if at := strings.IndexAny(word, "+-"); at > 0 { // 10:05:06+0100
		d.addZone(word[at:])
		word = word[:at]
	}
	var n [3]int
	for i, part := range strings.SplitN(word, ":", 3) {
		part, _, _ = strings.Cut(part, ".")
		value, err := strconv.Atoi(part)
		if err != nil || value < 0 || value > 60 {
			return
		}
		n[i] = value
	}
	if n[0] > 23 || n[1] > 59 {
		return
	}
	d.hour, d.minute, d.second, d.timed = n[0], n[1], n[2], true
}

// addZone reads +0100, -01:00, +1 and the like, also behind GMT or UTC. An offset that no place has
// counts as none.
func (d *dateParts) addZone(word string) bool {
	word = strings.TrimPrefix(strings.TrimPrefix(word, "GMT"), "UTC")
	if len(word) < 2 || word[0] != '+' && word[0] != '-' {
		return false
	}
	hours, minutes, colon := strings.Cut(word[1:], ":")
	if !colon && len(hours) > 2 {
		hours, minutes = hours[:len(hours)-2], hours[len(hours)-2:]
	}
	h, err := strconv.Atoi(hours)
	m, wrong := strconv.Atoi("0" + minutes)
	if err != nil || wrong != nil || h < 0 || m > 59 || h*60+m > 14*60 {
		return true
	}
	offset := (h*60 + m) * 60
	if word[0] == '-' {
		offset = -offset
	}
	d.zone = time.FixedZone("", offset)
	return true
}
