package letter

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"path"
	"strings"

	"postroom/channels"
)

// part is a node of a MIME tree: a leaf with a body, or a multipart with children. No library we
// have builds the tree that is wanted here, alternative around related.
type part struct {
	headers  []string // whole lines without line ends
	encoding string   // 7bit, quoted-printable, base64
	body     []byte   // decoded; line ends of text are encoding's business
	subtype  string   // of multipart
	children []part
}

func (p part) writeTo(out *bytes.Buffer, boundary *boundaries) {
	if p.children == nil {
		for _, line := range p.headers {
			out.WriteString(line + "\r\n")
		}
		out.WriteString("Content-Transfer-Encoding: " + p.encoding + "\r\n\r\n")
		p.writeBody(out)
		return
	}
	mark := boundary.next()
	fmt.Fprintf(out, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n", p.subtype, mark)
	for _, child := range p.children {
		out.WriteString("--" + mark + "\r\n")
		child.writeTo(out, boundary)
		out.WriteString("\r\n")
	}
	out.WriteString("--" + mark + "--\r\n")
}

func (p part) writeBody(out *bytes.Buffer) {
	switch p.encoding {
	case "base64":
		writeBase64(out, p.body)
	case "quoted-printable":
		writer := quotedprintable.NewWriter(out)
		_, _ = writer.Write(p.body) // a buffer takes everything
		_ = writer.Close()
	default:
		out.Write(crlf(p.body))
	}
}

// writeBase64 writes lines of 76 characters, the last one without a line end.
func writeBase64(out *bytes.Buffer, data []byte) {
	const line = 57 // bytes
	out.Grow(base64.StdEncoding.EncodedLen(len(data)) + len(data)/line*2 + 2)
	encoded := make([]byte, lineLength)
	for start := 0; start < len(data); start += line {
		if start > 0 {
			out.WriteString("\r\n")
		}
		piece := data[start:min(start+line, len(data))]
		size := base64.StdEncoding.EncodedLen(len(piece))
		base64.StdEncoding.Encode(encoded, piece)
		out.Write(encoded[:size])
	}
}

func crlf(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
}

// boundaries are made of the Message-ID, so that a message sent again has the same bytes. What
// begins with =_ can't be a line of quoted-printable or base64.
type boundaries struct {
	seed  string
	count int
}

func newBoundaries(messageID string) *boundaries { return &boundaries{seed: messageID} }

func (b *boundaries) next() string {
	b.count++
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d %s", b.count, b.seed)))
	return "=_postroom_" + hex.EncodeToString(sum[:12])
}

// textPart is a text of ours. It goes as it is where every mail server can carry it.
func textPart(contentType, text string) part {
	p := part{headers: []string{"Content-Type: " + contentType + "; charset=UTF-8"}, encoding: "7bit", body: []byte(text)}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		trailing := strings.HasSuffix(line, " ") && line != "-- "
		if len(line) > 78 || !isASCII(line) || trailing || strings.HasPrefix(line, "From ") ||
			strings.HasPrefix(line, "--=_") || strings.ContainsAny(line, "\x00\r\f\v\x1b") {
			p.encoding = "quoted-printable"
			break
		}
	}
	return p
}

// filePart is an attachment.
func filePart(file channels.File, inline bool) part {
	contentType, encoding := mediaType(file), "base64"
	disposition := "attachment"
	if inline || file.Inline {
		disposition = "inline"
	}
	name := ""
	if file.Filename != "" {
		name = `; filename="` + encodeFilename(file.Filename) + `"`
	}
	headers := []string{"Content-Type: " + foldParameter(contentType+name), "Content-Disposition: " + foldParameter(disposition+name)}
	if id := cleanToken(file.ContentID); id != "" {
		headers = append(headers, "Content-ID: <"+id+">")
	}
	return part{headers: headers, encoding: encoding, body: file.Data}
}

// mediaType returns a type that can stand in a header, and of a text its charset. message/* may not be
// encoded (RFC 2046), and an attached mail must arrive as it is, so it travels as plain bytes.
func mediaType(file channels.File) string {
	parsed, parameters, err := mime.ParseMediaType(file.ContentType)
	if err != nil || !strings.Contains(parsed, "/") || strings.HasPrefix(parsed, "message/") || strings.HasPrefix(parsed, "multipart/") {
		return "application/octet-stream"
	}
	if charset := parameters["charset"]; charset != "" && strings.HasPrefix(parsed, "text/") {
		if whole := mime.FormatMediaType(parsed, map[string]string{"charset": charset}); isASCII(whole) && whole != "" {
			return whole
		}
	}
	return parsed
}

func encodeFilename(name string) string {
	name = path.Base(strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f:
			return -1
		case r == '\\':
			return '_'
		}
		return r
	}, name))
	if !isASCII(name) {
		return encodeWords(name)
	}
	return strings.ReplaceAll(name, `"`, `'`)
}

// foldParameter breaks a long line before its parameter, and between encoded words.
func foldParameter(value string) string {
	value = strings.ReplaceAll(value, "?= =?", "?=\r\n =?")
	if len(value) > lineLength-20 {
		return strings.Replace(value, "; ", ";\r\n ", 1)
	}
	return value
}

// cleanToken keeps what may stand between the brackets of a Content-ID.
func cleanToken(token string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f || r == '<' || r == '>' {
			return -1
		}
		return r
	}, token)
}
