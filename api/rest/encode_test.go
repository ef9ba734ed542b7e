package rest_test

import (
	"strings"
	"testing"
	"time"

	"postroom/api/rest"
)

func TestWireFormOfValues(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 3, 18, 23, 43, 2, 700_000_000, time.FixedZone("CET", 3600))
	for _, tc := range []struct {
		value any
		want  string
	}{
		{at, `"2024-03-18T22:43:02.700Z"`},
		{&at, `"2024-03-18T22:43:02.700Z"`},
		{(*time.Time)(nil), `null`},
		{rest.Record{{"b", 1}, {"a", []string(nil)}, {"m", map[int64][]string{2: {"full"}, 1: nil}}}, `{"b":1,"a":[],"m":{"1":[],"2":["full"]}}`},
		{map[string]any{"at": at, "x": nil, "l": []any{1.5, true, "<&>"}}, `{"at":"2024-03-18T22:43:02.700Z","l":[1.5,true,"\u003c\u0026\u003e"],"x":null}`},
		{"line\u2028break \"quoted\"", `"line\u2028break \"quoted\""`},
	} {
		if got := string(rest.AppendJSON(nil, tc.value)); got != tc.want {
			t.Errorf("%v = %s, want %s", tc.value, got, tc.want)
		}
	}
}

func FuzzBodies(f *testing.F) {
	for _, body := range []string{`{"a": 1}`, `[[]]`, `{"a\u0000": "\u0000"}`, `{"a": {"b": [1e999]}}`, `"`, "{\"\xff\": 1}", strings.Repeat("[", 70)} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		values, err := rest.DecodeJSON(body)
		if err == nil && strings.Contains(string(rest.AppendJSON(nil, values)), `\u0000`) {
			t.Errorf("a NUL came through %q", body)
		}
	})
}
