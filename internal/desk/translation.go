package desk

// TranslationID is the id of a translation.
type TranslationID int64

// Translation is what people read in place of a text, in one language.
type Translation struct {
	ID     TranslationID
	Locale string // de-de
	Source string
	Target string
	Stamp
}

// Check refuses a translation of nothing, or into no language.
func (t *Translation) Check() error {
	switch {
	case t.Locale == "":
		return Blank("locale", "Locale")
	case t.Source == "":
		return Blank("source", "Source")
	}
	return nil
}
