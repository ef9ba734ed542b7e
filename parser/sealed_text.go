package parser

import (
	"bytes"
	"maps"
	"slices"
)

// Forms of seals that stand in the text of a mail, between lines of dashes ("inline PGP", RFC 9580 6.2 and 7).
const (
	PGPTextEncrypted = "PGP encrypted text"
	PGPTextSigned    = "PGP signed text"
)

var sealedTexts = []struct{ form, begin, end string }{
	{PGPTextEncrypted, "-----BEGIN PGP MESSAGE-----", "-----END PGP MESSAGE-----"},
	{PGPTextSigned, "-----BEGIN PGP SIGNED MESSAGE-----", "-----END PGP SIGNATURE-----"},
}

// armorBegins is what each of them begins with, in text and in HTML.
const armorBegins = "-----BEGIN PGP "

// unsealText hands the first seal that stands in the texts of a mail to who may open it, and puts what
// was inside into its place. HTML beside the text has the same seal in it and goes; where it says
// something else, people see that, and the text is left alone.
func unsealText(msg *Message, root *part, open func(Seal) ([]byte, bool)) {
	if open == nil {
		return
	}
	leaves := root.leaves()
	texts := slices.DeleteFunc(slices.Clone(leaves), func(p *part) bool { return p.isNamed() || p.media.name != "text/plain" })
	at := slices.IndexFunc(texts, func(p *part) bool { return bytes.Contains(p.data(), []byte(armorBegins)) })
	if at < 0 {
		return
	}
	var copies []*part
	for _, p := range leaves {
		if p.media.name != "text/html" || p.isNamed() || isBlankText(p.data()) {
			continue
		}
		if !bytes.Contains(p.data(), []byte(armorBegins)) {
			return
		}
		copies = append(copies, p)
	}
	before, seal, after, found := cutSeal(texts[at].data())
	if !found {
		return
	}
	seal.Sender, seal.Recipients = msg.Sender, msg.Recipients
	seal.Partial = len(texts) > 1 || !isBlankText(before) || !isBlankText(after)
	if inside, opened := open(seal); opened {
		texts[at].replace(before, inside, after)
		root.drop(copies)
	}
}

// cutSeal finds the first seal in a text.
func cutSeal(text []byte) (before []byte, seal Seal, after []byte, found bool) {
	start := len(text)
	for _, form := range sealedTexts {
		begin := lineWith(text, form.begin)
		if begin < 0 || begin > start {
			continue
		}
		if end := lineWith(text[begin:], form.end); end >= 0 {
			end += begin + len(form.end)
			start, found = begin, true
			seal = Seal{Form: form.form, Data: text[begin:end]}
			before, after = text[:begin], text[end:]
		}
	}
	return before, seal, after, found
}

// lineWith returns where a line begins with some words; -1: none does. What is quoted is no seal.
func lineWith(text []byte, words string) int {
	for from := 0; ; {
		at := bytes.Index(text[from:], []byte(words))
		if at < 0 {
			return -1
		}
		at += from
		if at == 0 || text[at-1] == '\n' || text[at-1] == '\r' {
			return at
		}
		from = at + len(words)
	}
}

// replace makes a text of pieces, each in the charset that the part declares or in UTF-8.
func (p *part) replace(pieces ...[]byte) {
	var whole []byte
	for _, piece := range pieces {
		whole = append(whole, lineFeeds(bodyText(beginning(piece, maxText), p.media.params["charset"]))...)
	}
	p.decoded, p.isDecoded = whole, true
	own := *p.span
	own.media.params = maps.Clone(own.media.params)
	if own.media.params == nil {
		own.media.params = map[string]string{}
	}
	own.media.params["charset"] = "utf-8"
	p.span = &own
}

// drop takes parts out of the tree.
func (p *part) drop(gone []*part) {
	p.children = slices.DeleteFunc(p.children, func(child *part) bool { return slices.Contains(gone, child) })
	for _, child := range p.children {
		child.drop(gone)
	}
}
