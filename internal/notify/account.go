// Package notify writes what people are told by mail.
//
// A kind of mail, a language and the facts go in; a subject and an HTML body come out. It sends
// nothing and knows nobody.
package notify

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"strings"
)

// The mails, a file a kind and language. The first line is the subject, the rest HTML.
//
//go:embed mails/*.html
var mails embed.FS

// otherwise is the language for who wants one that nobody has written in.
const otherwise = "en"

// Facts are what a mail about an account speaks of.
type Facts struct {
	Product string // the installation's name
	Name    string // of who is told
	Link    string
}

// Mail is a mail to be sent.
type Mail struct {
	Subject string
	Body    string // HTML
}

// Account writes the mail of a kind in the language of a locale, such as de-de.
func Account(kind, locale string, facts Facts) (Mail, error) {
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	source, err := mails.ReadFile("mails/" + kind + "." + language + ".html")
	if err != nil {
		source, err = mails.ReadFile("mails/" + kind + "." + otherwise + ".html")
	}
	if err != nil {
		return Mail{}, fmt.Errorf("mail of kind %q: %w", kind, err)
	}
	written, err := template.New(kind).Parse(string(source))
	if err != nil {
		return Mail{}, err
	}
	var text strings.Builder
	if err := written.Execute(&text, facts); err != nil {
		return Mail{}, err
	}
	subject, body, _ := strings.Cut(text.String(), "\n")
	return Mail{Subject: html.UnescapeString(subject), Body: body}, nil
}
