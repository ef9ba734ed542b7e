package api

import "time"

// Patterns are the patterns of the table of routes.
func (s *Server) Patterns() []string {
	var patterns []string
	for _, r := range s.routes() {
		patterns = append(patterns, r.pattern)
	}
	return patterns
}

// AtTime lets the server believe in another time where tokens end.
func (s *Server) AtTime(now func() time.Time) { s.callers.now = now }

// DecodeJSON is what a JSON body becomes.
func DecodeJSON(body []byte) (map[string]any, error) {
	p := params{}
	err := p.addJSON(body)
	return p, err
}

// EncodeJSON is what a value looks like on the wire.
func EncodeJSON(value any) string { return string(appendJSON(nil, value)) }

// RecordOf makes a record of keys and values in turn.
func RecordOf(pairs ...any) any {
	var r record
	for i := 0; i < len(pairs); i += 2 {
		r.add(pairs[i].(string), pairs[i+1])
	}
	return r
}
