package email

import "strings"

// plainText is the text part of an HTML body.
func plainText(html string) string { return strings.TrimSpace(html) }
