package identity

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"postroom/internal/desk"
)

// MaxPassword is how long a password is at most, in characters: hashing takes longer with length.
const MaxPassword = 1000

// PasswordError says why a password isn't good enough: a text with a %s for each of its values, as
// clients translate it.
type PasswordError struct {
	Text   string
	Values []any
}

func (e *PasswordError) Error() string {
	if len(e.Values) == 0 {
		return e.Text
	}
	return fmt.Sprintf(e.Text, fmt.Sprint(e.Values[0]))
}

// CheckPassword holds a password that somebody chose against the rules of the settings
// (reference/api.md 15.2). It returns nil or a *PasswordError.
func CheckPassword(password string, settings desk.Settings) error {
	var lower, upper, digits, others int
	for _, c := range password {
		switch {
		case unicode.IsLower(c):
			lower++
		case unicode.IsUpper(c):
			upper++
		case unicode.IsDigit(c):
			digits++
		case !unicode.IsLetter(c):
			others++
		}
	}
	length, least := utf8.RuneCountInString(password), settings.Int("password_min_size")
	switch {
	case length < least:
		return &PasswordError{Text: "Invalid password, it must be at least %s characters long!", Values: []any{least}}
	case length > MaxPassword:
		return &PasswordError{Text: "Invalid password, it must be shorter than %s characters!", Values: []any{MaxPassword}}
	case settings.Int("password_min_2_lower_2_upper_characters") != 0 && (lower < 2 || upper < 2):
		return &PasswordError{Text: "Invalid password, it must contain at least 2 lowercase and 2 uppercase characters!"}
	case settings.Int("password_need_digit") != 0 && digits == 0:
		return &PasswordError{Text: "Invalid password, it must contain at least 1 digit!"}
	case settings.Int("password_need_special_character") != 0 && others == 0:
		return &PasswordError{Text: "Invalid password, it must contain at least 1 special character!"}
	}
	return nil
}
