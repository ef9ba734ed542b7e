package parser

import (
	"bytes"
	"strconv"
	"strings"
)

// attachments lists the copy of the message, then every part that is not body.
func attachments(root *part, body content) []Attachment {
	var all []Attachment
	if c, ok := messageCopy(root, body); ok {
		all = append(all, c)
	}
	if !root.isContainer() {
		return all
	}
	names := usedNames{}
	for _, top := range root.children {
		names.use(all) // names are unique among the attachments of earlier top-level parts
		for _, p := range top.leaves() {
			if p.isBody(body) {
				continue
			}
			a := p.attachment()
			a.Filename = names.unique(a.Filename)
			all = append(all, a)
		}
	}
	return all
}

// messageCopy keeps what the body was before it was cleaned, or a mail that is nothing but a file.
func messageCopy(root *part, body content) (Attachment, bool) {
	p := root
	switch {
	case root.isContainer():
		if strings.TrimSpace(body.html) == "" {
			return Attachment{}, false
		}
		p = body.htmlPart
	case root.media.name == "text/plain" || root.value("content-type") == "":
		return Attachment{}, false
	case !strings.HasPrefix(root.media.name, "text/"):
		return root.attachment(), true
	}
	isHTML := p.media.name == "text/html"
	a := Attachment{
		Filename:    p.givenName(),
		ContentType: p.media.name,
		Data:        p.copied(body),
		Preferences: map[string]any{"content-alternative": true, "Mime-Type": p.media.name},
	}
	if isHTML {
		a.Preferences["original-format"] = true
	}
	if charset := p.media.params["charset"]; charset != "" {
		a.Preferences["Charset"] = withoutNUL(decodeHeader(charset))
	}
	switch {
	case a.Filename != "":
	case isHTML:
		a.Filename = "message.html"
	default:
		a.Filename = "-no name-"
	}
	return a, true
}

// copied is a text as UTF-8, or one that is too long to be converted as it came.
func (p *part) copied(body content) []byte {
	switch {
	case len(p.data()) > maxText:
		return p.data()
	case p == body.htmlPart:
		return []byte(body.html)
	}
	return []byte(p.text())
}

// isBody: the chosen parts, whatever repeats them, and all text without a name.
func (p *part) isBody(body content) bool {
	if p.media.name == "text/plain" && !p.isNamed() {
		return true
	}
	for _, chosen := range []*part{body.textPart, body.htmlPart} {
		if chosen != nil && (p == chosen || bytes.Equal(p.body, chosen.body)) {
			return true
		}
	}
	return false
}

func (p *part) attachment() Attachment {
	return Attachment{
		Filename:    p.fileName(),
		ContentType: p.media.name,
		ContentID:   p.contentID(),
		Inline:      p.disposition.name == "inline",
		Data:        p.data(),
		Preferences: p.preferences(),
	}
}

// appendFiles adds files that stood in the text.
func appendFiles(all []Attachment, files []uuFile) []Attachment {
	if len(files) == 0 {
		return all
	}
	const octets = "application/octet-stream"
	names := usedNames{}
	for _, f := range files {
		names.use(all)
		all = append(all, Attachment{
			Filename: names.unique(cleanName(f.name)), ContentType: octets, Data: f.data,
			Preferences: map[string]any{"Content-Type": octets, "Mime-Type": octets, "Charset": "UTF-8"},
		})
	}
	return all
}

// maxPreference is how long a header of a part may be to be kept, in bytes; all of them together
// are cut to less where they are stored.
const maxPreference = 10_000

// preferences are the headers of the part, without those that tell how it travelled.
func (p *part) preferences() map[string]any {
	prefs := make(map[string]any, len(p.head)+3)
	for _, f := range p.head {
		if len(f.value) > maxPreference {
			continue
		}
		switch name := strings.ToLower(f.name); name {
		case "content-transfer-encoding", "content-disposition", "content-id":
		case "content-type":
			prefs["Content-Type"] = withoutNUL(parseMedia(f.value, "text/plain").String())
		default:
			prefs[f.name] = withoutNUL(decodeField(name, f.value))
		}
	}
	prefs["Mime-Type"] = p.media.name
	prefs["Charset"] = "UTF-8"
	if charset := p.media.params["charset"]; charset != "" {
		prefs["Charset"] = withoutNUL(decodeHeader(charset))
	}
	if id := p.contentID(); id != "" {
		prefs["Content-ID"] = id
	}
	return prefs
}

// usedNames has the names that are taken, each with the number to try next.
type usedNames struct {
	next  map[string]int
	count int // of the attachments seen
}

func (u *usedNames) use(all []Attachment) {
	if u.next == nil {
		u.next = map[string]int{}
	}
	for _, a := range all[u.count:] {
		if u.next[a.Filename] == 0 {
			u.next[a.Filename] = 1
		}
	}
	u.count = len(all)
}

// unique puts a number before the first dot of a name that is taken.
func (u *usedNames) unique(name string) string {
	n := u.next[name]
	if n == 0 {
		return name
	}
	stem, rest, dotted := strings.Cut(name, ".")
	if !dotted {
		stem, rest = "", ""
	} else {
		rest = "." + rest
	}
	for ; ; n++ {
		if candidate := stem + strconv.Itoa(n) + rest; u.next[candidate] == 0 {
			u.next[name] = n
			return candidate
		}
	}
}
