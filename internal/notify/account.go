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
	subject, body, err := written(kind, locale, facts)
	return Mail{Subject: subject, Body: body}, err
}

// written fills in a mail in a language, or in English where nobody has written it in that one.
func written(kind, locale string, facts any) (subject, body string, err error) {
	source, err := mails.ReadFile("mails/" + kind + "." + language(locale) + ".html")
	if err != nil {
		source, err = mails.ReadFile("mails/" + kind + "." + otherwise + ".html")
	}
	if err != nil {
		return "", "", fmt.Errorf("mail of kind %q: %w", kind, err)
	}
	form, err := template.New(kind).Parse(string(source))
	if err != nil {
		return "", "", err
	}
	var text strings.Builder
	if err := form.Execute(&text, facts); err != nil {
		return "", "", err
	}
	subject, body, _ = strings.Cut(text.String(), "\n")
	return html.UnescapeString(subject), body, nil
}

// language is that of a locale: de of de-de.
func language(locale string) string {
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	return language
}
