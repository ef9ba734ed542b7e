package intake

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/parser"
)

// Values of setting postmaster_sender_based_on_reply_to.
const (
	settingReplyTo       = "postmaster_sender_based_on_reply_to"
	replyToIsSender      = "as_sender_of_email"
	replyToKeepsRealName = "as_sender_of_email_use_from_realname"
)

// replyToMode is how the setting wants Reply-To to be taken, which some clients store as a list of one.
func (m *mail) replyToMode() string {
	if chosen := m.catalog.Settings.Strings(settingReplyTo); len(chosen) == 1 {
		return chosen[0]
	}
	return ""
}

// replyTo is the address that counts as the sender's, where the settings want that.
func (m *mail) replyTo() (parser.Address, bool) {
	how := m.replyToMode()
	text := strings.TrimSpace(strings.ReplaceAll(m.ReplyTo, "<>", ""))
	if text == "" || how != replyToIsSender && how != replyToKeepsRealName {
		return parser.Address{}, false
	}
	list, err := parser.Addresses(text)
	if err != nil {
		return parser.Address{}, false
	}
	at := slices.IndexFunc(list, func(a parser.Address) bool { return strings.Contains(a.Email, "@") })
	if at < 0 {
		return parser.Address{}, false
	}
	return list[at], true
}

func (m *mail) replyToEmail() string {
	address, _ := m.replyTo()
	return address.Email
}

// senderFromReplyTo takes who is to be answered for the sender: web forms write in the name of others.
func senderFromReplyTo(m *mail) {
	address, ok := m.replyTo()
	if !ok {
		return
	}
	m.From, m.fromEmail = m.ReplyTo, address.Email
	if m.replyToMode() == replyToIsSender {
		m.fromName = address.Name
	}
}

// checkSenderIsAgent decides whether one of us wrote the mail: from one of our addresses, or as a
// user who is an agent and not the customer of the ticket.
func checkSenderIsAgent(m *mail) {
	m.sender = desk.SenderCustomer
	_, given := m.attributes["article-sender"]
	_, createGiven := m.attributes["ticket-create-article-sender"]
	if given || createGiven {
		m.agentWrites = m.attributes["ticket-create-article-sender"] == "Agent"
		return
	}
	if strings.TrimSpace(m.From) == "" || strings.TrimSpace(m.To) == "" {
		return
	}
	from, _ := parser.Addresses(m.From)
	if slices.ContainsFunc(from, func(a parser.Address) bool { _, ours := m.catalog.AddressOf(a.Email); return ours }) {
		m.sender, m.agentWrites = desk.SenderAgent, true
		return
	}
	writer := m.known.Users[strings.ToLower(m.fromEmail)]
	if !slices.Contains(m.known.Agents, writer.ID) || m.ticket != nil && m.ticket.CustomerID == writer.ID {
		return
	}
	m.sender, m.agentWrites = desk.SenderAgent, true
}

// identifySender finds or makes the users of a mail: its customer, its author, and everybody it was
// sent to.
func identifySender(ctx context.Context, tx *store.Store, m *mail) error {
	author := personOf(m.fromName, m.fromEmail)
	customer, err := namedCustomer(ctx, tx, m)
	if err != nil {
		return err
	}
	wanted := map[string]desk.Person{author.Email: author}
	customerAddress := ""
	if customer == nil {
		person := m.customerPerson(author)
		customerAddress = person.Email
		wanted[person.Email] = person
	}
	for _, person := range m.recipients() {
		if _, twice := wanted[person.Email]; !twice {
			wanted[person.Email] = person
		}
	}
	_, known := m.known.Users[author.Email]
	m.newcomer = !known
	if err := tx.AddUsers(ctx, wanted, m.known.Users); err != nil {
		return err
	}
	if m.session = m.known.Users[author.Email]; customer != nil {
		m.customer = *customer
	} else {
		m.customer = m.known.Users[customerAddress]
	}
	return m.giveSession(ctx, tx)
}

// customerPerson is who becomes the customer when no header names one: whom an agent wrote to, or
// else who wrote.
func (m *mail) customerPerson(author desk.Person) desk.Person {
	if m.agentWrites && m.catalog.Settings.Bool("postmaster_sender_is_agent_search_for_customer") {
		to, _ := parser.Addresses(m.To)
		for _, address := range to {
			person := personOf(address.Name, address.Email)
			if _, ours := m.catalog.AddressOf(person.Email); !ours && desk.ValidAddress(person.Email) {
				return person
			}
		}
	}
	person := author
	if email := m.attributes["customer-email"]; email != "" {
		person = personOf("", email)
		person.Firstname = author.Firstname
	}
	person.Login = strings.ToLower(desk.Cut(strings.TrimSpace(m.attributes["customer-login"]), maxLogin))
	if first := m.attributes["customer-firstname"]; first != "" {
		person.Firstname = desk.Cut(first, maxName)
	}
	person.Lastname = desk.Cut(m.attributes["customer-lastname"], maxName)
	return person
}

// maxLogin is how long logins may be, in characters.
const maxLogin = 255

// namedCustomer is the existing user that the headers of a trusted mail name; nil: none.
func namedCustomer(ctx context.Context, tx *store.Store, m *mail) (*desk.User, error) {
	if user, err := userByID(ctx, tx, m.attributes["ticket-customer_id"]); user != nil || err != nil {
		return user, err
	}
	var names []string
	for _, attribute := range []string{"customer-login", "customer-email"} {
		if name := strings.ToLower(m.attributes[attribute]); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	users, err := tx.UsersByAddress(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if user, known := users[name]; known {
			return &user, nil
		}
	}
	return nil, nil
}

// giveSession lets a trusted mail say who counts as its author.
func (m *mail) giveSession(ctx context.Context, tx *store.Store) error {
	user, err := userByID(ctx, tx, m.attributes["session-user-id"])
	if user != nil {
		m.session = *user
	}
	return err
}

// userByID returns the user that a header names by id; nil: none, or no such user.
func userByID(ctx context.Context, tx *store.Store, text string) (*desk.User, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, nil
	}
	users, err := tx.Users(ctx, []desk.UserID{desk.UserID(id)})
	if err != nil {
		return nil, err
	}
	if user, there := users[desk.UserID(id)]; there {
		return &user, nil
	}
	return nil, nil
}
