// Package phone reads telephone numbers out of texts, and writes them.
//
// A number's form is that of the caller log: digits only, beginning with the country's code, such as
// 4930609854180. What has none is taken for one of the country that installations are in.
package phone

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// homeCountry is the country whose numbers are written without its code.
const homeCountry = "49"

// minDigits is how many digits of a text make a number. Fewer are a house, a year or an amount.
const minDigits = 6

// run is what a number may look like (reference/channels.md 1.6). A + or / ends it, and so does the
// end of a line: two short numbers below each other are two.
var run = regexp.MustCompile(`[\d \t\f\v\-()|]{6,26}`)

// Numbers returns the numbers that occur in texts, each once, in their order.
func Numbers(texts ...string) (numbers []string) {
	for _, text := range texts {
		for _, found := range run.FindAllString(text, -1) {
			if digits(found) < minDigits {
				continue
			}
			if number := Normal(found); number != "" && !slices.Contains(numbers, number) {
				numbers = append(numbers, number)
			}
		}
	}
	return numbers
}

// trunkZero is the zero that is dialled inside a country only: 49(0)30.
var trunkZero = regexp.MustCompile(`^(00)?(\+?\d\d)\(0?(\d*)\)`)

// Normal returns the one form of a number, empty for what is none, such as anonymous or a SIP name.
func Normal(text string) string {
	if strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	text = strings.Map(func(r rune) rune {
		if r == '-' || strings.ContainsRune(" \t\r\n\f\v", r) {
			return -1
		}
		return r
	}, text)
	text = trunkZero.ReplaceAllString(text, "$1$2$3")
	abroad := strings.HasPrefix(text, "+")
	number := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	switch {
	case abroad:
		return number
	case strings.HasPrefix(number, "00"):
		return number[2:]
	case strings.HasPrefix(number, "0"):
		return homeCountry + number[1:]
	}
	return number
}

// Pretty returns a number in international form, such as +49 30 609854180, or the text as it is
// when it is no valid number.
func Pretty(text string) string {
	number, err := phonenumbers.Parse("+"+strings.TrimPrefix(text, "+"), "")
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return text
	}
	return phonenumbers.Format(number, phonenumbers.INTERNATIONAL)
}

func digits(text string) (n int) {
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			n++
		}
	}
	return n
}
