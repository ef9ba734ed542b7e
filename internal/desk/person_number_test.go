package desk_test

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"postroom/internal/desk"
)

// vector is one case of testdata/person_number_cases.json.
type vector struct {
	ID    string
	Area  string
	Input struct {
		Args []json.RawMessage
	}
	Expect struct {
		Result      json.RawMessage
		FlagInvalid *bool `json:"flag_invalid"`
	}
}

func vectors(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/person_number_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 20 {
		t.Fatalf("%d vectors, want at least 20", len(file.Cases))
	}
	return file.Cases
}

func decode[T any](t *testing.T, data json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return v
}

func TestReferenceVectorsOfPeopleAndNumbers(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			switch v.Area {
			case "fn.number_checksum":
				same(t, desk.Checksum(decode[string](t, v.Input.Args[0])), decode[string](t, v.Expect.Result))
			case "fn.number_generate_increment", "fn.number_generate_date":
				same(t, generated(t, v), decode[string](t, v.Expect.Result))
			case "fn.sanitize_email":
				address, odd := desk.CleanAddress(decode[string](t, v.Input.Args[0]))
				same(t, address, decode[string](t, v.Expect.Result))
				same(t, odd, *v.Expect.FlagInvalid)
			case "fn.sanitize_name":
				same(t, desk.CleanName(decode[string](t, v.Input.Args[0])), decode[string](t, v.Expect.Result))
			case "fn.user_name_from_display":
				first, last := desk.PersonName(decode[string](t, v.Input.Args[0]), "", decode[string](t, v.Input.Args[1]))
				if want := decode[[]string](t, v.Expect.Result); !slices.Equal([]string{first, last}, want) {
					t.Errorf("name = %q, want %q", []string{first, last}, want)
				}
			default:
				t.Errorf("no test for area %s", v.Area)
			}
		})
	}
}

func same[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func generated(t *testing.T, v vector) string {
	t.Helper()
	in := decode[struct {
		SystemID int   `json:"system_id"`
		Counter  int64 `json:"counter_after_increment"`
		MinSize  int   `json:"min_size"`
		Checksum bool
		Date     string
	}](t, v.Input.Args[0])
	format := desk.NumberFormat{SystemID: strconv.Itoa(in.SystemID), MinSize: in.MinSize, Checksum: in.Checksum}
	day := time.Time{}
	if in.Date != "" {
		format.ByDate = true
		var err error
		if day, err = time.Parse(time.DateOnly, in.Date); err != nil {
			t.Fatal(err)
		}
	}
	return format.Number(in.Counter, day)
}

// settings is a catalog with nothing but these settings.
func settings(t *testing.T, values map[string]any) *desk.Catalog {
	t.Helper()
	c := &desk.Catalog{Settings: desk.Settings{}}
	for name, value := range values {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		c.Settings[name] = encoded
	}
	return c
}

func TestNamesOfPeople(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ first, last, address, wantFirst, wantLast string }{
		{"", "", "john.doe@example.com", "John", "Doe"},
		{"", "", "support@example.com", "", ""},
		{"", "", "a.b.c@example.com", "A", "b.c"},
		{"", "Doe, Jane", "x@example.com", "Jane", "Doe"},
		{"jane", "doe", "x@example.com", "Jane", "Doe"},
		{"Prof. Jane Doe", "", "x@example.com", "Prof. Jane", "Doe"},
		{"https://evil.example/?x=1 Jane", "", "x@example.com", "evil.example/", "Jane"},
		{"McDonald", "von der Leyen", "x@example.com", "McDonald", "von der Leyen"},
	} {
		first, last := desk.PersonName(tc.first, tc.last, tc.address)
		if first != tc.wantFirst || last != tc.wantLast {
			t.Errorf("PersonName(%q, %q, %q) = %q, %q, want %q, %q", tc.first, tc.last, tc.address, first, last, tc.wantFirst, tc.wantLast)
		}
	}
}

func FuzzCleanAddress(f *testing.F) {
	for _, seed := range []string{"a@b", "", "<x@xn--mnchen-3ya.de>", "a b@c", "\x00@\xff", "@", "x@y@z."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, written string) {
		address, _ := desk.CleanAddress(written)
		if !strings.Contains(address, "@") || !utf8.ValidString(address) || strings.ContainsFunc(address, unicode.IsSpace) ||
			strings.ContainsRune(address, 0) || utf8.RuneCountInString(address) > 250 {
			t.Errorf("CleanAddress(%q) = %q", written, address)
		}
	})
}
