package setup

import "crypto/rand"

// passwordLetters leaves out what is easily mistaken for something else when read aloud or typed.
const passwordLetters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

const passwordLength = 20 // some 115 bits

// NewPassword makes a random password that fits every rule an installation may ask for, special
// characters included.
func NewPassword() string {
	for {
		password := randomText(passwordLength/2) + "-" + randomText(passwordLength/2)
		if strong(password) {
			return password
		}
	}
}

func randomText(length int) string {
	text := make([]byte, 0, length)
	random := make([]byte, 1)
	for len(text) < length {
		_, _ = rand.Read(random) // crypto/rand never fails
		// Six bits; those beyond the alphabet are thrown away, so that every letter is as likely.
		if n := int(random[0] & 63); n < len(passwordLetters) {
			text = append(text, passwordLetters[n])
		}
	}
	return string(text)
}

// strong reports whether two lower, two upper case letters and a digit are in it.
func strong(password string) bool {
	var lower, upper, digits int
	for _, c := range password {
		switch {
		case c >= 'a' && c <= 'z':
			lower++
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= '0' && c <= '9':
			digits++
		}
	}
	return lower >= 2 && upper >= 2 && digits >= 1
}
