package secmail_test

import (
	"strings"
	"testing"

	"postroom/internal/desk"
)

func TestPGPInTextsWithGnuPG(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.pgpKey(us, true)
	o.pgpKey(ann, false)
	mail := func(from, text string) []byte {
		return []byte("From: " + from + "\nTo: " + us + "\nSubject: s\nContent-Type: text/plain; charset=utf-8\n\n" + text + "\n")
	}
	gpg := func(words string, args ...string) string {
		return string(o.gpg([]byte(words), append([]string{"--armor"}, args...)...))
	}
	const words = "Good news: grün.\n- not a list\nFrom here\n"
	signed := gpg(words, "--clearsign", "-u", ann)
	both := gpg(words, "--sign", "-u", ann, "--encrypt", "-r", us)
	for _, tc := range []struct {
		name, from, text string
		sign, encryption bool
		words            string // of both comments
		opened           bool
	}{
		{"signed", ann, signed, true, false, "Good signature from " + ann, true},
		{"signed and encrypted", ann, both, true, true, "Good signature from " + ann, true},
		{"encrypted", ann, gpg(words, "--encrypt", "-r", us), false, true, "", true},
		{"signed in somebody else's name", bob, signed, false, false, "The public PGP key could not be found.", false},
		{"signed and changed", ann, strings.Replace(signed, "grün", "red", 1), false, false, "The signature could not be verified.", false},
		{"signed, with more above", ann, "Pay the bill.\n" + signed, false, false, "Only a part of this message was signed.", false},
		{"encrypted, with more below", ann, both + "Pay the bill.\n", false, true, "Only a part of this message was signed.", true},
		{"for others", ann, gpg(words, "--encrypt", "-r", ann), false, false, "The private PGP key could not be found.", false},
		{"nonsense", ann, "-----BEGIN PGP SIGNED MESSAGE-----\nabc\n-----END PGP SIGNATURE-----", false, false, "The signature could not be verified.", false},
	} {
		message, security := o.read(mail(tc.from, tc.text))
		if security == nil || security.Type != desk.SecurityPGP || security.Sign.Success != tc.sign || security.Encryption.Success != tc.encryption {
			t.Errorf("%s: %+v", tc.name, security)
			continue
		}
		if got := comment(security.Sign) + comment(security.Encryption); got != tc.words {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.words)
		}
		if got := strings.TrimSpace(message.Body); tc.opened != strings.HasPrefix(got, strings.TrimSpace(words)) {
			t.Errorf("%s: body %q", tc.name, got)
		}
	}
	if _, security := o.read(mail(ann, "no seal at all")); security != nil {
		t.Errorf("a plain mail: %+v", security)
	}
}
