package thread_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
)

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
		if got := thread.FindNumbers(tc.text, settings(t, tc.settings)); !slices.Equal(got, tc.want) {
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
	if got := len(thread.FindNumbers(text, c)); got != 50 {
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
		if got := thread.WithoutReplyPrefixes(subject); got != want {
			t.Errorf("WithoutReplyPrefixes(%q) = %q, want %q", subject, got, want)
		}
	}
	for subject, want := range map[string]bool{"Question": true, "Re:Question": true, "AW:Re: Question": true, "Other": false, "Antw:Question": false} {
		if got := thread.SameSubject(subject, "Question"); got != want {
			t.Errorf("%q is Question: %t, want %t", subject, got, want)
		}
	}
}
