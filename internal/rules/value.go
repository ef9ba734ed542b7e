package rules

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// operand is the value of a comparison as it was sent: one text or many. What is sent as a number
// is the same as its text, "2" as 2.
type operand struct {
	texts []string
	null  bool // null was sent, alone
	list  bool // a list was sent
}

// readOperand reads a JSON value. An object counts as its member "value".
func readOperand(sent any) (operand, bool) {
	switch sent := sent.(type) {
	case nil:
		return operand{null: true}, true
	case []any:
		all := operand{list: true}
		for _, one := range sent {
			text, ok := readScalar(one)
			if !ok {
				return operand{}, false
			}
			all.texts = append(all.texts, text)
		}
		return all, true
	}
	text, ok := readScalar(sent)
	return operand{texts: []string{text}}, ok
}

func readScalar(sent any) (string, bool) {
	switch sent := sent.(type) {
	case nil:
		return "", true
	case string:
		return sent, !strings.Contains(sent, "\x00")
	case json.Number:
		return sent.String(), true
	case float64:
		return strconv.FormatFloat(sent, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(sent), true
	case map[string]any:
		value, has := sent["value"]
		if _, nested := value.(map[string]any); !has || nested {
			return "", false
		}
		return readScalar(value)
	}
	return "", false
}

// blank reports whether there is nothing in the value that one could look for.
func (o operand) blank() bool {
	return !slices.ContainsFunc(o.texts, func(text string) bool { return strings.TrimSpace(text) != "" })
}

// set is a list of values of one kind.
type set struct {
	kind    Kind
	texts   []string
	numbers []int64
	reals   []float64
	bools   []bool
	times   []time.Time
	empty   bool // "" was among them: not set, for attributes that are no text
}

// readSet makes values of the texts. It fails for texts that the kind has no value for.
func readSet(kind Kind, texts []string) (set, bool) {
	s := set{kind: kind}
	for _, text := range texts {
		if text == "" {
			s.empty = true
			if kind != Text && kind != External {
				continue
			}
		}
		if !s.add(text) {
			return set{}, false
		}
	}
	return s, true
}

func (s *set) add(text string) bool {
	switch s.kind {
	case Number:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		s.numbers = append(s.numbers, n)
		return err == nil
	case Decimal:
		n, ok := readReal(text)
		s.reals = append(s.reals, n)
		return ok
	case Bool:
		b, ok := readBool(text)
		s.bools = append(s.bools, b)
		return ok
	case Time, Date:
		at, ok := readTime(text)
		if s.kind == Date {
			at = day(at)
		}
		s.times = append(s.times, at)
		return ok
	}
	s.texts = append(s.texts, text)
	return true
}

// size is how many values there are, besides "not set".
func (s set) size() int {
	return len(s.texts) + len(s.numbers) + len(s.reals) + len(s.bools) + len(s.times)
}

// has reports whether a value that is not nil is in the set.
func (s set) has(value any) bool {
	switch value := value.(type) {
	case string:
		return slices.Contains(s.texts, value)
	case int64:
		return slices.Contains(s.numbers, value)
	case float64:
		return slices.Contains(s.reals, value)
	case bool:
		return slices.Contains(s.bools, value)
	case time.Time:
		return slices.ContainsFunc(s.times, value.Equal)
	}
	return false
}

// list writes the set as an array of SQL. Of no values it is empty, not null: nothing is in it.
func (s set) list(w *writer) string {
	switch s.kind {
	case Number:
		return w.Add(append([]int64{}, s.numbers...))
	case Decimal:
		texts := []string{}
		for _, n := range s.reals {
			texts = append(texts, strconv.FormatFloat(n, 'f', -1, 64))
		}
		return w.Add(texts) + "::text[]::numeric[]"
	case Bool:
		return w.Add(append([]bool{}, s.bools...))
	case Time, Date:
		return w.Add(append([]time.Time{}, s.times...))
	}
	return w.Add(append([]string{}, s.texts...))
}

func readReal(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) && strings.Trim(text, "0123456789.eE+-") == ""
}

func readBool(text string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "t", "1", "yes", "on":
		return true, true
	case "false", "f", "0", "no", "off":
		return false, true
	}
	return false, false
}

// timeLayouts are the ways in which clients write times. Without a zone UTC is meant.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02 15:04",
	time.DateOnly,
}

func readTime(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Truncate(time.Millisecond), at.Year() > 0
		}
	}
	return time.Time{}, false
}

// day is the date of a time in its zone, as dates are kept: midnight in UTC.
func day(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
}
