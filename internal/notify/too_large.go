package notify

import (
	"cmp"
	"embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed mails/too_large.*.txt
var largeMails embed.FS

// LargeMail are the facts of a mail that was refused for its size.
type LargeMail struct {
	Name    string // of its sender
	Subject string
	Size    int64 // bytes
	Limit   int   // MB
	FQDN    string
}

// Megabytes is the size as people read it.
func (m LargeMail) Megabytes() string { return fmt.Sprintf("%.2f", float64(m.Size)/(1<<20)) }

// TooLarge tells the sender of a mail, in the language of a locale, that it was refused. Its body is
// plain text.
func TooLarge(locale string, facts LargeMail) (Mail, error) {
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	source, err := largeMails.ReadFile("mails/too_large." + language + ".txt")
	if err != nil {
		source, err = largeMails.ReadFile("mails/too_large." + otherwise + ".txt")
	}
	if err != nil {
		return Mail{}, err
	}
	facts.Subject = cmp.Or(facts.Subject, "-")
	written, err := template.New("too_large").Parse(string(source))
	if err != nil {
		return Mail{}, err
	}
	var text strings.Builder
	if err := written.Execute(&text, facts); err != nil {
		return Mail{}, err
	}
	subject, body, _ := strings.Cut(text.String(), "\n")
	return Mail{Subject: subject, Body: body}, nil
}
