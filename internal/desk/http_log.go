package desk

import (
	"encoding/json"
	"maps"
	"slices"
)

// What is kept of a request: enough to see what went wrong, not a second archive.
const (
	maxLogText = 8000 // characters of one text
	maxLogKeys = 20   // texts of a request and of an answer
	maxLogURL  = 2000
	maxLogWord = 100 // of method, facility and the like
)

// Shorten cuts a log to what a person would read of it.
func (l *HTTPLog) Shorten() {
	l.URL = Cut(l.URL, maxLogURL)
	for _, word := range []*string{&l.Direction, &l.Facility, &l.Method, l.Status, l.IP} {
		if word != nil {
			*word = Cut(*word, maxLogWord)
		}
	}
	l.Request, l.Response = shortened(l.Request), shortened(l.Response)
}

// shortened keeps numbers and switches as they are and makes everything else a text.
func shortened(parts map[string]any) map[string]any {
	short := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		if len(short) == maxLogKeys {
			break
		}
		key, value := Cut(key, maxLogWord), parts[key]
		switch v := value.(type) {
		case nil, bool, int, float64, json.Number:
			short[key] = v
		case string:
			short[key] = Cut(v, maxLogText)
		default:
			text, _ := json.Marshal(v) // it came as JSON
			short[key] = Cut(string(text), maxLogText)
		}
	}
	return short
}
