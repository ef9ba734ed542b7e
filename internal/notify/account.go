// Package notify writes what people are told by mail.
//
// A kind of mail, a language and the facts go in; a subject and an HTML body come out. It sends
// nothing and knows nobody.
package notify

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
func (m *Mails) Account(kind, locale string, facts Facts) (Mail, error) {
	subject, body, err := m.written(kind, locale, facts)
	return Mail{Subject: subject, Body: body}, err
}
