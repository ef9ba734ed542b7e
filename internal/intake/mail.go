package intake

import (
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store/arrivals"
	"postroom/parser"
)

// mail is a parsed mail on its way through the filters, with what they decide about it.
type mail struct {
	parser.Message
	catalog *desk.Catalog
	inbound arrivals.Message
	channel desk.Channel   // zero: none, such as the pipe
	known   arrivals.Known // what the database has of all that the mail mentions

	security *desk.Security // nil: neither encrypted nor signed

	// attributes are the mail's X-Zammad-* headers without that prefix. On channels that are not
	// trusted there are none.
	attributes map[string]string
	mentions   mentions

	postmaster  []postmasterFilter           // of administrators
	values      map[string]any               // of attributes that filters set, where a text says too little
	sources     map[string]desk.ChangeSource // which filter set an attribute
	preferences map[string]any               // of a new ticket, instead of the usual ones
	externals   []externalName
	initial     desk.Ticket // a new ticket as it was before anybody steered it

	ignore       bool // it becomes nothing
	autoResponse bool // written by a machine
	mayAnswer    bool // by a machine of ours
	outOfOffice  bool // does not change the state
	archived     bool // from an archive: nobody and nothing acts on it
	ticket       *desk.Ticket
	fromName     string // display name of the sender
	fromEmail    string // as written
	sender       desk.SenderID
	agentWrites  bool // for the search of the customer: one of us wrote it
	customer     desk.User
	session      desk.User // who is named as author of everything
	newcomer     bool      // whoever wrote it is not known from earlier mail
}

// mentions are the ticket numbers and Message-IDs in a mail, in the order in which they count.
type mentions struct {
	inSubject     []string
	inBody        []string // only where the settings want the body searched
	inAttachments []string
	answers       []string // Message-IDs
	md5s          []string // of answers
	returned      []string // MD5s of mails that a bounce brings back
}

// maxAnswers bounds how many Message-IDs, and numbers in attachments, of a mail are looked up: a
// stranger writes them. The Message-IDs nearest to the mail come last.
const maxAnswers = 200

func newMail(message parser.Message, inbound arrivals.Message, c *desk.Catalog) *mail {
	m := &mail{
		Message: message, catalog: c, inbound: inbound,
		attributes: map[string]string{}, values: map[string]any{}, sources: map[string]desk.ChangeSource{},
		mayAnswer: true,
		fromName:  message.Sender.Name, fromEmail: message.Sender.Email,
	}
	if inbound.ChannelID != nil {
		m.channel = c.Channels[*inbound.ChannelID]
	}
	for name, value := range message.Header {
		if attribute, ok := strings.CutPrefix(name, "x-zammad-"); ok {
			m.attributes[attribute] = clean(value)
		}
	}
	m.mentions = mentionsOf(m)
	return m
}

func mentionsOf(m *mail) mentions {
	found := mentions{inSubject: thread.FindNumbers(m.Subject, m.catalog)}
	where := m.catalog.Settings.Strings(settingSearchIn)
	if slices.Contains(where, "body") {
		found.inBody = thread.FindNumbers(asText(m.ContentType, m.Body), m.catalog)
	}
	if slices.Contains(where, "attachment") {
		for _, a := range m.Attachments {
			if len(found.inAttachments) < maxAnswers && (a.ContentType == "text/plain" || a.ContentType == "text/html") {
				found.inAttachments = append(found.inAttachments, thread.FindNumbers(asText(a.ContentType, string(a.Data)), m.catalog)...)
			}
		}
	}
	for _, id := range append(slices.Clone(m.References), strings.Fields(m.InReplyTo)...) {
		if id != m.MessageID && !slices.Contains(found.answers, id) {
			found.answers = append(found.answers, id)
		}
	}
	found.answers = found.answers[max(len(found.answers)-maxAnswers, 0):]
	for _, id := range found.answers {
		found.md5s = append(found.md5s, thread.MessageIDSum(id))
	}
	if m.Bounce.Failed() {
		for _, original := range m.Bounce.Originals[:min(len(m.Bounce.Originals), maxOriginals)] {
			found.returned = append(found.returned, thread.MessageIDSum(original.MessageID))
		}
	}
	return found
}

// mention collects what has to be looked up before the filters run.
func (m *mail) mention() arrivals.Mention {
	question := arrivals.Mention{
		Numbers: slices.Concat(m.mentions.inSubject, m.mentions.inBody, m.mentions.inAttachments),
		MD5s:    slices.Concat(m.mentions.md5s, m.mentions.returned),
	}
	for _, email := range []string{m.fromEmail, m.replyToEmail()} {
		if email != "" {
			address, _ := desk.CleanAddress(email)
			question.Senders = append(question.Senders, address)
		}
	}
	question.Addresses = slices.Clone(question.Senders)
	for _, person := range m.recipients() {
		question.Addresses = append(question.Addresses, person.Email)
	}
	return question
}

// recipients are the people a mail was sent to, as far as they become users: valid addresses that
// aren't ours, no more than desk.MaxRecipients.
func (m *mail) recipients() []desk.Person {
	var people []desk.Person
	for _, r := range m.Recipients {
		if len(people) == desk.MaxRecipients {
			break
		}
		person := personOf(r.Name, r.Email)
		if _, ours := m.catalog.AddressOf(person.Email); !ours && desk.ValidAddress(person.Email) {
			people = append(people, person)
		}
	}
	return people
}

// personOf is somebody as an address header names them.
func personOf(name, email string) desk.Person {
	address, odd := desk.CleanAddress(email)
	return desk.Person{Email: address, Firstname: desk.Cut(desk.CleanName(clean(name)), maxName), Undeliverable: odd}
}

// maxName is how long names of users may be, in characters.
const maxName = 100
