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

func TestNumbersAreFoundBehindTheHook(t *testing.T) {
	t.Parallel()
	increment := map[string]any{"ticket_hook": "Ticket#", "ticket_hook_divider": "", "system_id": 10, "ticket_number": desk.NumberIncrement}
	byDate := map[string]any{"ticket_hook": "Ticket#", "ticket_hook_divider": "", "system_id": 10, "ticket_number": desk.NumberDate}
	divided := map[string]any{"ticket_hook": "Case", "ticket_hook_divider": "-", "system_id": 10, "ticket_number": desk.NumberIncrement}
	noHook := map[string]any{"ticket_hook": "", "ticket_hook_divider": "", "system_id": 10, "ticket_number": desk.NumberIncrement}
	anySystem := map[string]any{"ticket_hook": "Ticket#", "system_id": 10, "ticket_number_ignore_system_id": true}
	for _, tc := range []struct {
		name, text string
		settings   map[string]any
		want       []string
	}{
		{"in brackets", "Re: foo [Ticket#1010001]", increment, []string{"1010001"}},
		{"bare", "Ticket#1010001", increment, []string{"1010001"}},
		{"lower case", "re: ticket#1010001", increment, []string{"1010001"}},
		{"two blanks", "Ticket#  1010001", increment, []string{"1010001"}},
		{"three blanks", "Ticket#   1010001", increment, nil},
		{"of another system", "Ticket#9910001", increment, nil},
		{"of any system", "Ticket#9910001", anySystem, []string{"9910001"}},
		{"glued to a word before", "FooTicket#1010001", increment, nil},
		{"glued to a word behind", "Ticket#1010001bar", increment, nil},
		{"an umlaut behind is a word", "Ticket#1010001über", increment, nil},
		{"an umlaut before is none", "üTicket#1010001", increment, []string{"1010001"}},
		{"underscore before", "_Ticket#1010001", increment, nil},
		{"punctuation around", "(Ticket#1010001).", increment, []string{"1010001"}},
		{"second line", "foo\nTicket#1010001\nbar", increment, []string{"1010001"}},
		{"several, in order", "Ticket#1099999 Ticket#1010001", increment, []string{"1099999", "1010001"}},
		{"tight ones first", "Ticket# 1010002 Ticket#1010001", increment, []string{"1010001", "1010002"}},
		{"too short", "Ticket#101", increment, nil},
		{"too long", "Ticket#10" + digits(49), increment, nil},
		{"longest", "Ticket#10" + digits(48), increment, []string{"10" + digits(48)}},
		{"without a hook", "Re: foo [1010001], 10 of 2026", noHook, []string{"1010001"}},
		{"date", "Ticket#202611211042", byDate, []string{"202611211042"}},
		{"divider", "[Case-1012345]", divided, []string{"1012345"}},
		{"divider is literal", "[Case.1012345]", divided, nil},
		{"no text", "", increment, nil},
		{"invalid UTF-8 around", "\xffTicket#1010001\xff", increment, []string{"1010001"}},
	} {
		if got := desk.FindNumbers(tc.text, settings(t, tc.settings)); !slices.Equal(got, tc.want) {
			t.Errorf("%s: numbers in %q = %v, want %v", tc.name, tc.text, got, tc.want)
		}
	}
}

func digits(n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte('0' + i%10)
	}
	return string(out)
}

func TestManyNumbersOfAStrangerAreBounded(t *testing.T) {
	t.Parallel()
	text := ""
	for i := range 1000 {
		text += "Ticket#10" + strconv.Itoa(1000+i) + " "
	}
	c := settings(t, map[string]any{"ticket_hook": "Ticket#", "system_id": 10})
	if got := len(desk.FindNumbers(text, c)); got != 50 {
		t.Errorf("%d candidates, want 50", got)
	}
}

func TestReplyPrefixesOfOneToThreeCharactersAreTakenOff(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"WG: AW: Wg[5]: Question": "Question",
		"Re:Question":             "Re:Question",
		"DB:outage":               "DB:outage",
		"A b: Question":           "Question",
		"FWD: Question":           "Question",
		"Antw: Question":          "Antw: Question",
		"Question: Re: x":         "Question: Re: x",
		"回复: Question":            "Question",
		"":                        "",
	} {
		if got := desk.WithoutReplyPrefixes(subject); got != want {
			t.Errorf("WithoutReplyPrefixes(%q) = %q, want %q", subject, got, want)
		}
	}
	for subject, want := range map[string]bool{"Question": true, "Re:Question": true, "AW:Re: Question": true, "Other": false, "Antw:Question": false} {
		if got := desk.SameSubject(subject, "Question"); got != want {
			t.Errorf("%q is Question: %t, want %t", subject, got, want)
		}
	}
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
