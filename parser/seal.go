package parser

import (
	"bytes"
	"slices"
	"strings"
)

// Forms of seals, by which standard a mail as a whole is encrypted or signed.
const (
	SMIMEEncrypted = "S/MIME encrypted" // RFC 8551: application/pkcs7-mime
	SMIMEOpaque    = "S/MIME opaque"    // the same with smime-type=signed-data: the content is inside the signature
	SMIMESigned    = "S/MIME signed"    // multipart/signed: the content stands beside its signature
	PGPEncrypted   = "PGP encrypted"    // RFC 3156: multipart/encrypted
	PGPSigned      = "PGP signed"       // multipart/signed
)

// Seal is what encrypts or signs a mail as a whole.
type Seal struct {
	Form       string
	Sender     Address   // who the mail says wrote it: whose signature it should be
	Recipients []Address // To, then Cc
	Data       []byte    // what is to be decrypted, or holds the content and its signature
	Content    []byte    // of a signature beside it: the very bytes that were signed, with CRLF
	Signature  []byte    // of Content
	Digest     string    // micalg of Content, such as pgp-sha256
	Partial    bool      // there is text outside of it, which nobody vouches for
}

// maxSeals bounds how often a mail may be sealed; signed and then encrypted makes two.
const maxSeals = 5

// unseal hands the seals of a mail to who may open them, outermost first, and returns header and body
// of what was inside. The mail keeps its header, but for the fields about its content, and for the
// subject, which some encrypt and replace by dots outside.
func unseal(msg *Message, head []field, body []byte, open func(Seal) ([]byte, bool)) ([]field, []byte) {
	if open == nil {
		return head, body
	}
	secret := false
	for range maxSeals {
		seal, sealed := findSeal(head, body)
		if !sealed {
			break
		}
		seal.Sender, seal.Recipients = msg.Sender, msg.Recipients
		entity, opened := open(seal)
		if !opened || len(entity) > MaxSize {
			break
		}
		inner, size := readHeader(entity, false)
		secret = secret || seal.Form == SMIMEEncrypted || seal.Form == PGPEncrypted
		if subject := lastValue(inner, "subject"); secret && subject != "" {
			msg.Subject = withoutNUL(decodeField("subject", subject))
			msg.Header["subject"] = msg.Subject
		}
		head = slices.DeleteFunc(slices.Clone(head), func(f field) bool { return isContentField(f.name) })
		for _, f := range inner {
			if isContentField(f.name) {
				head = append(head, f)
			}
		}
		body = entity[size:]
	}
	return head, body
}

func isContentField(name string) bool {
	return len(name) > 8 && strings.EqualFold(name[:8], "content-")
}

// findSeal looks at the outermost part alone.
func findSeal(head []field, body []byte) (Seal, bool) {
	value := lastValue(head, "content-type")
	if !mayBeSealed(value) {
		return Seal{}, false
	}
	media := parseMedia(value, "text/plain")
	protocol := strings.ToLower(media.params["protocol"])
	switch media.name {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		seal := Seal{Form: SMIMEEncrypted, Data: decodeTransfer(body, lastValue(head, "content-transfer-encoding"))}
		switch strings.ToLower(media.params["smime-type"]) {
		case "signed-data":
			seal.Form = SMIMEOpaque
		case "certs-only", "compressed-data":
			return Seal{}, false
		}
		return seal, true
	case "multipart/encrypted":
		parts := directParts(head, body)
		if protocol != "application/pgp-encrypted" || len(parts) < 2 {
			return Seal{}, false
		}
		return Seal{Form: PGPEncrypted, Data: parts[1].data()}, true
	case "multipart/signed":
		return findSignature(head, body, media, protocol)
	}
	return Seal{}, false
}

// mayBeSealed is a cheap look: next to no mail is sealed.
func mayBeSealed(contentType string) bool {
	for _, word := range []string{"pkcs7-mime", "multipart/signed", "multipart/encrypted"} {
		if len(contentType) >= len(word) && strings.Contains(strings.ToLower(contentType[:min(len(contentType), 100)]), word) {
			return true
		}
	}
	return false
}

func findSignature(head []field, body []byte, media mediaType, protocol string) (Seal, bool) {
	seal := Seal{Digest: strings.ToLower(media.params["micalg"])}
	switch protocol {
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		seal.Form = SMIMESigned
	case "application/pgp-signature":
		seal.Form = PGPSigned
	default:
		return Seal{}, false
	}
	parts := directParts(head, body)
	content, found := firstEntity(body, media.params["boundary"])
	if !found || len(parts) != 2 {
		return Seal{}, false
	}
	seal.Content, seal.Signature = withCRLF(content), parts[1].data()
	return seal, true
}

// directParts are the parts of a multipart, not those inside of them.
func directParts(head []field, body []byte) []*part {
	root, err := readParts(head, body)
	if err != nil {
		return nil
	}
	return root.children
}

// firstEntity is the first part of a multipart as it was written, header and all, without the line
// end that belongs to the delimiter behind it.
func firstEntity(body []byte, boundary string) ([]byte, bool) {
	delimiter := []byte("--" + strings.TrimRight(boundary, " \t"))
	lines := newLineReader(body)
	start := -1
	for {
		line, begin, ok := lines.next()
		if !ok {
			return nil, false
		}
		line = bytes.TrimRight(line, " \t")
		switch {
		case start < 0 && bytes.Equal(line, delimiter):
			start = lines.pos
		case start >= 0 && bytes.HasPrefix(line, delimiter) && (len(line) == len(delimiter) || string(line[len(delimiter):]) == "--"):
			return trimLineEnd(body[start:max(begin, start)]), true
		}
	}
}

// withCRLF gives text the line ends that it was signed with: some servers keep mail with LF alone.
func withCRLF(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/32)
	lines := newLineReader(text)
	for {
		line, begin, ok := lines.next()
		if !ok {
			return out
		}
		out = append(out, line...)
		if begin+len(line) < len(text) {
			out = append(out, "\r\n"...)
		}
	}
}
