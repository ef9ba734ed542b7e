package template

import "strings"

// german are the words of the installation's own attributes and values; those that administrators
// add are written as they wrote them.
var german = map[string]string{
	"Title": "Titel", "Customer": "Kunde", "Organization": "Organisation", "Type": "Typ", "Group": "Gruppe", "Owner": "Besitzer",
	"State": "Status", "Pending till": "Warten bis", "Priority": "Priorität",
	"new": "neu", "open": "offen", "closed": "geschlossen", "merged": "zusammengefasst", "pending reminder": "warten auf Erinnerung",
	"pending close": "warten auf Schließen", "1 low": "1 niedrig", "2 normal": "2 normal", "3 high": "3 hoch", "yes": "ja", "no": "nein",
}

// Word writes a word of the installation in the language of a locale.
func Word(word, locale string) string {
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	if translated, ok := german[word]; ok && language == "de" {
		return translated
	}
	return word
}
