package notify

import (
	"embed"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io"
	"io/fs"
	"strings"
)

// The mails, a file a kind and language. The first line is the subject, the rest HTML.
//
//go:embed mails/*.html
var mails embed.FS

const (
	otherwise = "en"      // the language for who wants one that nobody has written in
	frameKind = "frame"   // what is around the mails about tickets
	ending    = ".html"   // of our files
	ownEnding = ".custom" // follows the name of one of ours: an operator's, in its place
)

// Mails are the mails that people get: ours, and in their place those that an operator wrote.
type Mails struct {
	forms map[string]*template.Template // by kind and language, as in ticket_create.en
}

// Open reads the mails. own is the folder with those of an operator, such as
// ticket_create.en.html.custom or, in another language, ticket_create.fr.html.custom; nil, or a folder
// that is not there: they wrote none. One that can't be filled in is an error now, not when it is to be sent.
func Open(own fs.FS) (*Mails, error) {
	m := &Mails{forms: map[string]*template.Template{}}
	ours, err := fs.Sub(mails, "mails")
	if err != nil {
		return nil, err
	}
	if err := m.read(ours, ending); err != nil {
		return nil, err
	}
	return m, m.read(own, ending+ownEnding)
}

// read adds the mails of a folder, which are of kinds that there are.
func (m *Mails) read(folder fs.FS, ending string) error {
	if folder == nil {
		return nil
	}
	files, err := fs.ReadDir(folder, ".")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("mails: %w", err)
	}
	for _, file := range files {
		name, ours := strings.CutSuffix(file.Name(), ending)
		if !ours || file.IsDir() {
			continue
		}
		source, err := fs.ReadFile(folder, file.Name())
		if err != nil {
			return fmt.Errorf("mails: %w", err)
		}
		form, err := template.New(file.Name()).Parse(string(source))
		if err == nil {
			err = m.try(name, form)
		}
		if err != nil {
			return fmt.Errorf("mail %s: %w", file.Name(), err)
		}
		m.forms[name] = form
	}
	return nil
}

// try fills in a mail with facts of its kind.
func (m *Mails) try(name string, form *template.Template) error {
	kind, _, _ := strings.Cut(name, ".")
	var facts any = Facts{}
	switch {
	case kind == frameKind:
		facts = framed{}
	case strings.HasPrefix(kind, "ticket_"):
		facts = TicketFacts{}
	}
	if _, err := mails.Open("mails/" + kind + "." + otherwise + ending); err != nil {
		return fmt.Errorf("there is no mail of kind %q", kind)
	}
	return form.Execute(io.Discard, facts)
}

// written fills in a mail in a language, or in English where nobody has written it in that one.
func (m *Mails) written(kind, locale string, facts any) (subject, body string, err error) {
	form := m.forms[kind+"."+language(locale)]
	if form == nil {
		form = m.forms[kind+"."+otherwise]
	}
	if form == nil {
		return "", "", fmt.Errorf("mail of kind %q: there is none", kind)
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
