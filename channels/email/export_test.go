package email

import "postroom/channels"

// SendmailAt is the sender for a sendmail of the test's own.
func SendmailAt(program string) channels.Sender { return &sendmailSender{program: program} }

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
