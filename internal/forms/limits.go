package forms

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"postroom/internal/desk"
)

// checkLimits refuses new values that are beyond what the definition of an editable attribute allows.
func (f *field) checkLimits(before, after Values, now time.Time) error {
	a := f.attribute
	if a == nil || !a.Editable || after.blank(f.name) || slices.Equal(before.list(f.name), after.list(f.name)) {
		return nil
	}
	complaint := ""
	switch a.Kind() {
	case desk.AttributeText:
		complaint = tooLong(a, after.list(f.name)[0])
	case desk.AttributeInteger:
		complaint = outOfRange(a, after[f.name])
	case desk.AttributeTime:
		complaint = wrongTime(a, after[f.name], now)
	}
	if complaint == "" {
		return nil
	}
	return &desk.InvalidError{Field: f.name, Reason: humanName(f.name) + " " + complaint}
}

func tooLong(a *desk.Attribute, text string) string {
	if most, limited := a.Number("maxlength"); limited && utf8.RuneCountInString(text) > most {
		return fmt.Sprintf("is longer than the allowed length %d", most)
	}
	return ""
}

func outOfRange(a *desk.Attribute, value any) string {
	n, _ := value.(int)
	if least, limited := a.Number("min"); limited && n < least {
		return fmt.Sprintf("is smaller than the allowed minimum value of %d", least)
	}
	if most, limited := a.Number("max"); limited && n > most {
		return fmt.Sprintf("is larger than the allowed maximum value of %d", most)
	}
	return ""
}

func wrongTime(a *desk.Attribute, value any, now time.Time) string {
	at, ok := momentOf(value)
	switch {
	case !ok:
		return ""
	case a.DataOption["past"] == false && at.Before(now):
		return "does not allow past dates"
	case a.DataOption["future"] == false && at.After(now):
		return "does not allow future dates"
	}
	return ""
}

// humanName is a field as messages name it: Sample text of sample_text.
func humanName(name string) string {
	words := strings.ReplaceAll(strings.Trim(name, "_"), "_", " ")
	if words == "" {
		return name
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
