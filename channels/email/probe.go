package email

import (
	"cmp"
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/channels/email/letter"
	"postroom/internal/desk"
)

// Account is a mail account as Probe found it.
type Account struct {
	Inbound  map[string]any
	Outbound map[string]any
	Mailbox  channels.Mailbox
}

// guess is a server that may be the right one.
type guess struct {
	host    string
	port    int
	ssl     string // option ssl
	user    string // user name; local or full
	adapter string // of the inbound side; empty: IMAP
}

func (g guess) address() string { return net.JoinHostPort(g.host, strconv.Itoa(g.port)) }

const (
	userLocal = "local" // the part of the address before the @
	userFull  = "full"
)

// Probe guesses the servers of an address and returns those that work.
func (w *Wizard) Probe(ctx context.Context, address, password, folder string) (Account, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	parsed, err := letter.Addresses("email", address)
	if err != nil || len(parsed) != 1 {
		return Account{}, &desk.InvalidError{Field: "email", Reason: "Invalid email '" + address + "'."}
	}
	local, domain := letter.Split(parsed[0].Address)
	find := w.guess
	if find == nil {
		find = guesses
	}
	in, out := find(domain, w.exchangers(ctx, domain))
	users := map[string]string{userLocal: local, userFull: parsed[0].Address}
	var account Account
	if account.Inbound, account.Mailbox, err = w.tryInbound(ctx, in, users, password, folder); err != nil {
		return Account{}, err
	}
	account.Outbound, err = w.tryOutbound(ctx, out, users, password, parsed[0].Address)
	return account, err
}

// exchangers returns the mail exchangers of a domain, best first.
func (w *Wizard) exchangers(ctx context.Context, domain string) (hosts []string) {
	resolver := w.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	records, _ := resolver.LookupMX(ctx, domain) // without any, the usual names are tried
	for _, record := range records {
		hosts = append(hosts, strings.ToLower(strings.TrimSuffix(record.Host, ".")))
	}
	return hosts
}

func (w *Wizard) tryInbound(ctx context.Context, all []guess, users map[string]string, password, folder string) (map[string]any, channels.Mailbox, error) {
	failed := error(&channels.SetupError{Source: channels.InboundSide, Err: errors.New("inbound failed")})
	dead := map[string]bool{}
	for _, g := range all {
		if dead[g.address()] {
			continue
		}
		side := map[string]any{"adapter": cmp.Or(g.adapter, account.IMAP), "options": g.options(users, password)}
		if folder != "" && g.adapter != account.POP3 {
			side["options"].(map[string]any)["folder"] = folder
		}
		found, err := w.CheckInbound(ctx, side)
		if err == nil {
			return side, found, nil
		}
		if ctx.Err() != nil {
			return nil, channels.Mailbox{}, ctx.Err()
		}
		dead[g.address()], failed = isDead(err), moreTelling(failed, err)
	}
	return nil, channels.Mailbox{}, failed
}

func (w *Wizard) tryOutbound(ctx context.Context, all []guess, users map[string]string, password, address string) (map[string]any, error) {
	failed := error(&channels.SetupError{Source: channels.OutboundSide, Err: errors.New("outbound failed")})
	dead := map[string]bool{}
	for _, g := range all {
		if dead[g.address()] {
			continue
		}
		side := map[string]any{"adapter": "smtp", "options": g.options(users, password)}
		err := w.CheckOutbound(ctx, side, address)
		if err == nil {
			return side, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		dead[g.address()], failed = isDead(err), moreTelling(failed, err)
	}
	return nil, failed
}

func (g guess) options(users map[string]string, password string) map[string]any {
	return map[string]any{
		"host": g.host, "port": g.port, "ssl": g.ssl, "ssl_verify": true, "user": users[g.user], "password": password,
	}
}

// isDead reports whether a server need not be asked again.
func isDead(err error) bool {
	setup, ok := errors.AsType[*channels.SetupError](err)
	return ok && slices.Contains(setup.Fields, "host")
}

// moreTelling prefers a refusal of the password over hosts that don't exist.
func moreTelling(before, now error) error {
	setup, ok := errors.AsType[*channels.SetupError](now)
	if ok && slices.Contains(setup.Fields, "user") {
		return now
	}
	return before
}

// service is a large mail service that takes passwords.
type service struct {
	domains []string // of addresses, and ends of the names of mail exchangers
	imap    guess
	smtp    guess
}

var services = []service{
	{[]string{"gmail.com", "googlemail.com", "google.com"}, guess{host: "imap.gmail.com", port: 993, ssl: "ssl", user: userFull}, guess{host: "smtp.gmail.com", port: 465, ssl: "ssl", user: userFull}},
	{[]string{"icloud.com", "me.com", "mac.com"}, guess{host: "imap.mail.me.com", port: 993, ssl: "ssl", user: userFull}, guess{host: "smtp.mail.me.com", port: 587, ssl: "starttls", user: userFull}},
	{[]string{"yahoo.com", "yahoodns.net"}, guess{host: "imap.mail.yahoo.com", port: 993, ssl: "ssl", user: userFull}, guess{host: "smtp.mail.yahoo.com", port: 465, ssl: "ssl", user: userFull}},
	{[]string{"fastmail.com", "messagingengine.com"}, guess{host: "imap.fastmail.com", port: 993, ssl: "ssl", user: userFull}, guess{host: "smtp.fastmail.com", port: 465, ssl: "ssl", user: userFull}},
	{[]string{"gmx.net", "gmx.de", "gmx.at", "gmx.ch"}, guess{host: "imap.gmx.net", port: 993, ssl: "ssl", user: userFull}, guess{host: "mail.gmx.net", port: 465, ssl: "ssl", user: userFull}},
	{[]string{"web.de"}, guess{host: "imap.web.de", port: 993, ssl: "ssl", user: userFull}, guess{host: "smtp.web.de", port: 587, ssl: "starttls", user: userFull}},
	{[]string{"mailbox.org"}, guess{host: "imap.mailbox.org", port: 993, ssl: "ssl", user: userFull}, guess{host: "smtp.mailbox.org", port: 465, ssl: "ssl", user: userFull}},
	{[]string{"posteo.de", "posteo.net"}, guess{host: "posteo.de", port: 993, ssl: "ssl", user: userFull}, guess{host: "posteo.de", port: 465, ssl: "ssl", user: userFull}},
}

// guesses lists the servers to try for a domain: those of a provider we know, then the usual names,
// IMAP before POP3 (reference/email.md 1.7).
func guesses(domain string, mx []string) (inbound, outbound []guess) {
	exchanger := ""
	if len(mx) > 0 {
		exchanger = mx[0]
	}
	for _, p := range services {
		if p.serves(domain, exchanger) {
			inbound, outbound = append(inbound, p.imap), append(outbound, p.smtp)
		}
	}
	for _, host := range names(exchanger, "mail."+domain, "imap."+domain) {
		inbound = append(inbound, guess{host, 993, "ssl", userLocal, account.IMAP}, guess{host, 993, "ssl", userFull, account.IMAP})
	}
	for _, host := range names("mail."+domain, "pop."+domain, "pop3."+domain) {
		inbound = append(inbound, guess{host, 995, "ssl", userLocal, account.POP3}, guess{host, 995, "ssl", userFull, account.POP3})
	}
	for _, host := range names(exchanger, "mail."+domain, "smtp."+domain) {
		for _, way := range []guess{{host: host, port: 465, ssl: "ssl"}, {host: host, port: 587, ssl: "starttls"}, {host: host, port: 25, ssl: "off"}} {
			for _, user := range []string{userLocal, userFull} {
				way.user = user
				outbound = append(outbound, way)
			}
		}
	}
	return inbound, outbound
}

func (p service) serves(domain, exchanger string) bool {
	return slices.Contains(p.domains, domain) || slices.ContainsFunc(p.domains, func(end string) bool {
		return strings.HasSuffix(exchanger, "."+end)
	})
}

// names drops what is empty or there already.
func names(hosts ...string) (unique []string) {
	for _, host := range hosts {
		if host != "" && !slices.Contains(unique, host) {
			unique = append(unique, host)
		}
	}
	return unique
}
