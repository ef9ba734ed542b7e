package parser

import (
	"strings"
	"testing"
)

const (
	armoredText = "-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----"
	signedText  = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nwords\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----"
)

func alternative(text, html string) string {
	return sealedHead + "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=iso-8859-1\n\n" + text +
		"\n--b\nContent-Type: text/html\n\n" + html + "\n--b--\n"
}

func TestSealsInTextsAreOpened(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, raw, form string
		partial         bool
		body            string // what becomes of it when what is inside is "grün"
	}{
		{"encrypted", sealedHead + "\n" + armoredText + "\n", PGPTextEncrypted, false, "grün\n"},
		{"signed", sealedHead + "\n" + signedText + "\n", PGPTextSigned, false, "grün\n"},
		{"with text around it", sealedHead + "Content-Type: text/plain; charset=iso-8859-1\n\nF\xfcr dich:\n" + armoredText + "\n-- \nlist\n", PGPTextEncrypted, true,
			"Für dich:\ngrün\n-- \nlist\n"},
		{"with CRLF", strings.ReplaceAll(sealedHead+"\n"+armoredText+"\n", "\n", "\r\n"), PGPTextEncrypted, false, "grün\n"},
		{"quoted-printable", sealedHead + "Content-Transfer-Encoding: quoted-printable\n\n" + strings.ReplaceAll(armoredText, "abc", "a=62c"), PGPTextEncrypted, false, "grün"},
		{"beside a copy in HTML", alternative(armoredText, "<p>"+strings.ReplaceAll(armoredText, "\n", "<br>")+"</p>"), PGPTextEncrypted, false, "grün"},
		{"beside other HTML", alternative(armoredText, "<p>Hello</p>"), "", false, "<p>Hello</p>"},
		{"quoted", sealedHead + "\n> " + strings.ReplaceAll(armoredText, "\n", "\n> "), "", false, "> " + strings.ReplaceAll(armoredText, "\n", "\n> ")},
		{"without an end", sealedHead + "\n-----BEGIN PGP MESSAGE-----\nabc", "", false, "-----BEGIN PGP MESSAGE-----\nabc"},
		{"a public key", sealedHead + "\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc\n", "", false, "-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc\n"},
		{"two of them", sealedHead + "\n" + armoredText + "\n" + signedText, PGPTextEncrypted, true, "grün\n" + signedText},
	} {
		var got Seal
		asked := 0
		msg, err := Parse([]byte(tc.raw), Options{Open: func(seal Seal) ([]byte, bool) {
			got, asked = seal, asked+1
			return []byte("grün"), true
		}})
		if err != nil || got.Form != tc.form || got.Partial != tc.partial || asked > 1 {
			t.Errorf("%s: found %q (partial: %v), asked %d times, %v", tc.name, got.Form, got.Partial, asked, err)
		}
		if msg.Body != tc.body {
			t.Errorf("%s: body %q, want %q", tc.name, msg.Body, tc.body)
		}
		if tc.form != "" && (!strings.HasPrefix(string(got.Data), "-----BEGIN") || !strings.HasSuffix(string(got.Data), "-----") || got.Sender.Email != "ann@example.com") {
			t.Errorf("%s: %q of %v", tc.name, got.Data, got.Sender)
		}
		left, err := Parse([]byte(tc.raw), Options{Open: func(Seal) ([]byte, bool) { return nil, false }})
		if err != nil || tc.form != "" && !strings.Contains(left.Body, "-----BEGIN PGP") {
			t.Errorf("%s: what nobody can open becomes %q, %v", tc.name, left.Body, err)
		}
	}
}
