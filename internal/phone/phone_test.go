package phone_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	"postroom/internal/phone"
)

func TestNumbersInTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"+49 (0) 30 600 51 99":                 {"49306005199"},
		"030 60051 99":                         {"49306005199"},
		"(030) 6005199":                        {"49306005199"},
		"0049 30 60051":                        {"493060051"},
		"+49(0)172-1234567":                    {"491721234567"},
		"+41 44 123 45 67":                     {"41441234567"},
		"+1 (555) 010-1234":                    {"15550101234"},
		"004930/60051":                         {"4930"},
		"Tel: 030 123456, mobile 0172 7654321": {"4930123456", "491727654321"},
		"12345":                                nil,
		"call 12345 now":                       nil,
		"anonymous":                            nil,
		"20240318 12:30:00":                    {"2024031812"},
		"030 1234\n0172 987654":                {"49301234", "49172987654"},
		"030 123456 <br>030 123456":            {"4930123456"},
		"          -  -   ":                    nil,
		"1234567890123456789012345678901234":   {"12345678901234567890123456", "78901234"},
		"\u0665\u0665\u0665\u0665\u0665\u0665": nil, // other scripts' digits
	} {
		if got := phone.Numbers(text); !slices.Equal(got, want) {
			t.Errorf("%q: numbers %q, want %q", text, got, want)
		}
	}
	if got := phone.Numbers("030 123456", "", "+49 30 123456 or 0172 7654321"); !slices.Equal(got, []string{"4930123456", "491727654321"}) {
		t.Errorf("three texts: numbers %q, want each once", got)
	}
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4930600": "4930600", "+4930600": "4930600", "004930600": "4930600", "030600": "4930600", "030-60 0": "4930600",
		"+49(0)30600": "4930600", "0049(0)30600": "4930600", "22": "22", "anonymous": "", "": "", "sip:w0@example.com": "", "w0": "",
	} {
		if got := phone.Normal(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestPretty(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4930609854180": "+49 30 609854180", "+4930609854180": "+49 30 609854180", "41441234567": "+41 44 123 45 67",
		"anonymous": "anonymous", "22": "22", "": "", "030609854180": "030609854180",
	} {
		if got := phone.Pretty(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func FuzzNumbers(f *testing.F) {
	f.Add("Tel: 030 123456, mobile 0172 7654321")
	f.Add("+49 (0) 30 600 51 99")
	f.Fuzz(func(t *testing.T, text string) {
		for _, number := range phone.Numbers(text) {
			if number == "" || len(number) > 28 || phone.Normal("+"+number) != number {
				t.Errorf("%q has the number %q", text, number)
			}
		}
		if pretty := phone.Pretty(text); utf8.ValidString(text) && !utf8.ValidString(pretty) {
			t.Errorf("%q is shown as %q", text, pretty)
		}
	})
}
