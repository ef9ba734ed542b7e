package email

import (
	"time"

	"postroom/channels"
)

// SendmailAt is the sender for a sendmail of the test's own.
func SendmailAt(program string) channels.Sender { return &sendmailSender{program: program} }

// Hasty shortens what a mailbox waits for.
func Hasty(in Inbound, login, idle time.Duration) Inbound {
	in.limits = usualLimits
	in.limits.login, in.limits.idle, in.limits.fetch, in.limits.store = login, idle, login, login
	return in
}

// Few makes a poll take so many messages at most.
func Few(in Inbound, messages int) Inbound {
	in.limits = usualLimits
	in.limits.messages = messages
	return in
}

// Guess makes a wizard try these servers.
func (w *Wizard) Guess(inbound, outbound []Server) {
	convert := func(all []Server) (guesses []guess) {
		for _, s := range all {
			guesses = append(guesses, guess{s.Host, s.Port, s.SSL, s.User, s.Adapter})
		}
		return guesses
	}
	w.guess = func(string, []string) (in, out []guess) { return convert(inbound), convert(outbound) }
}

// Server is a guess of a wizard.
type Server struct {
	Host string
	Port int
	SSL  string
	User string

	Adapter string
}
