package desk

import (
	"slices"
	"strings"
)

// LocaleID names a language by its place in the list of them.
type LocaleID int64

// locales are the languages that texts for people are kept in. New ones are added at the end: their
// places are their ids.
var locales = []string{
	"en-us", "ar", "bg", "ca", "cs", "da", "de-de", "el", "en-ca", "en-gb", "es-ca", "es-co", "es-es", "es-mx", "et",
	"fa-ir", "fi", "fr-ca", "fr-fr", "he-il", "hi-in", "hr", "hu", "id", "is", "it-it", "ja", "ko-kr", "lt", "lv", "ms-my",
	"nb-no", "nl-nl", "pl", "pt-br", "pt-pt", "ro-ro", "ru", "rw", "sk", "sl", "sr-cyrl-rs", "sr-latn-rs", "sv-se", "th",
	"tr", "uk", "vi", "zh-cn", "zh-tw",
}

// DefaultLocale is the language of those who don't say which is theirs: en-us.
const DefaultLocale LocaleID = 1

// Locale is what a language is called, such as de-de; empty: there is none with this id.
func (id LocaleID) Locale() string {
	if id < 1 || int(id) > len(locales) {
		return ""
	}
	return locales[id-1]
}

// LocaleNamed is the id of a language; 0: it is none of ours.
func LocaleNamed(name string) LocaleID {
	return LocaleID(slices.Index(locales, strings.ToLower(name)) + 1)
}
