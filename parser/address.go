package parser

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// mailbox is an item of an address header as the grammar has it; group is set when it is a named
// group of others.
type mailbox struct {
	name    string
	address string
	comment string
	group   []mailbox
	isGroup bool
}

var errAddress = errors.New("not an address list")

// Bounds that no honest header meets; beyond them its text is kept as it is.
const (
	maxMailboxes = 20_000
	maxWords     = 1_000 // of one mailbox
)

// addressList parses an address header that is UTF-8 already, with encoded words still in it. It is
// as tolerant as senders are careless (dots and @ in names, empty items, names without an address),
// and refuses what has no clear meaning, so that the text is kept instead.
func addressList(text string) ([]mailbox, error) {
	s := addressScanner{rest: text}
	list, err := s.list(false)
	if err != nil || s.rest != "" || len(list) == 0 {
		return nil, errAddress
	}
	return list, nil
}

// flat are the mailboxes with those inside groups.
func flat(list []mailbox) []mailbox {
	var all []mailbox
	for _, m := range list {
		if m.isGroup {
			all = append(all, m.group...)
			continue
		}
		all = append(all, m)
	}
	return all
}

type addressScanner struct {
	rest  string
	count int // of mailboxes
}

// list reads items up to the end, or in a group up to its semicolon.
func (s *addressScanner) list(inGroup bool) ([]mailbox, error) {
	var list []mailbox
	for {
		s.blanks()
		switch {
		case s.rest == "":
			return list, nil
		case inGroup && s.rest[0] == ';':
			return list, nil
		case s.rest[0] == ',' || s.rest[0] == ';': // Outlook writes semicolons
			s.rest = s.rest[1:]
			continue
		}
		item, err := s.item(inGroup)
		if err != nil {
			return nil, err
		}
		if s.count++; s.count > maxMailboxes {
			return nil, errAddress
		}
		list = append(list, item)
	}
}

// item reads name <address> (comment), a bare address, or a group.
func (s *addressScanner) item(inGroup bool) (mailbox, error) {
	var m mailbox
	var words []word
	for {
		s.blanks()
		if s.rest == "" || s.rest[0] == ',' || s.rest[0] == ';' {
			return m.bare(words)
		}
		switch s.rest[0] {
		case '(':
			if err := s.addComment(&m); err != nil {
				return m, err
			}
		case '<':
			return s.angle(m, words)
		case ':':
			if inGroup || len(words) == 0 {
				return m, errAddress
			}
			return s.group(joinWords(words))
		default:
			w, err := s.word()
			if err != nil {
				return m, err
			}
			if words = append(words, w); len(words) > maxWords {
				return m, errAddress
			}
		}
	}
}

// bare makes an address of the words of an item without angle brackets.
func (m mailbox) bare(words []word) (mailbox, error) {
	if len(words) == 0 {
		if m.comment == "" {
			return m, errAddress
		}
		return m, nil
	}
	var b strings.Builder
	for i, w := range words {
		if i > 0 && !strings.HasPrefix(w.text, "@") && !strings.HasSuffix(words[i-1].text, "@") {
			return m, errAddress // two words side by side are no address
		}
		if w.quoted {
			b.WriteString(quote(w.text))
			continue
		}
		b.WriteString(w.text)
	}
	m.address = decodeWords(b.String())
	return m, nil
}

// angle reads <address>, its comments, and makes sure nothing else follows.
func (s *addressScanner) angle(m mailbox, words []word) (mailbox, error) {
	end := strings.IndexByte(s.rest, '>')
	if end < 0 {
		return m, errAddress
	}
	address := strings.TrimSpace(s.rest[1:end])
	if strings.HasPrefix(address, "@") { // a source route, obsolete since 1989
		_, address, _ = strings.Cut(address, ":")
	}
	if !isAddress(address) {
		return m, errAddress
	}
	m.name, m.address = joinWords(words), decodeWords(address)
	s.rest = s.rest[end+1:]
	for {
		s.blanks()
		switch {
		case s.rest == "" || s.rest[0] == ',' || s.rest[0] == ';':
			return m, nil
		case s.rest[0] != '(':
			return m, errAddress
		}
		if err := s.addComment(&m); err != nil {
			return m, err
		}
	}
}

func (s *addressScanner) group(name string) (mailbox, error) {
	s.rest = s.rest[1:]
	members, err := s.list(true)
	if err != nil || s.rest == "" {
		return mailbox{}, errAddress
	}
	s.rest = s.rest[1:]
	return mailbox{name: name, group: members, isGroup: true}, nil
}

func (s *addressScanner) blanks() {
	s.rest = strings.TrimLeft(s.rest, " \t\r\n\u00a0")
}

// addComment reads (text), in which brackets may nest.
func (s *addressScanner) addComment(m *mailbox) error {
	depth := 0
	for i := 0; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth > 0 {
				continue
			}
			text := strings.TrimSpace(decodeWords(unescape(s.rest[1:i])))
			if m.comment != "" && text != "" {
				text = m.comment + " " + text
			}
			m.comment = text
			s.rest = s.rest[i+1:]
			return nil
		}
	}
	return errAddress
}

// word is an atom, an encoded word or a quoted string.
type word struct {
	text   string
	quoted bool
}

func (s *addressScanner) word() (word, error) {
	if s.rest[0] == '"' {
		return s.quotedString()
	}
	i := 0
	for i < len(s.rest) && !strings.ContainsRune(" \t\r\n()<>,;:\"[]\\", rune(s.rest[i])) {
		if strings.HasPrefix(s.rest[i:], "=?") {
			if _, size, ok := nextWord(s.rest[i:]); ok {
				i += size
				continue
			}
		}
		i++
	}
	if i < len(s.rest) && s.rest[i] == '[' && strings.HasSuffix(s.rest[:i], "@") {
		if end := strings.IndexByte(s.rest[i:], ']'); end >= 0 { // bob@[192.0.2.1]
			i += end + 1
		}
	}
	if i == 0 {
		return word{}, errAddress
	}
	w := word{text: s.rest[:i]}
	s.rest = s.rest[i:]
	return w, nil
}

func (s *addressScanner) quotedString() (word, error) {
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '"':
			w := word{text: unescape(s.rest[1:i]), quoted: true}
			s.rest = s.rest[i+1:]
			return w, nil
		}
	}
	return word{}, errAddress
}

// isAddress accepts local@domain and a local part alone.
func isAddress(text string) bool {
	if text == "" {
		return false
	}
	if text[0] == '"' {
		end := strings.LastIndexByte(text, '"')
		return end > 0 && strings.HasPrefix(text[end+1:], "@") && !strings.ContainsAny(text[end+1:], " \t")
	}
	local, domain, _ := strings.Cut(text, "@")
	if strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]") {
		domain = ""
	}
	return local != "" && !strings.ContainsAny(local+domain, " \t\r\n()<>,;:\"[]\\@")
}

// joinWords makes the display name.
func joinWords(words []word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.text
	}
	return strings.TrimSpace(decodeWords(strings.Join(texts, " ")))
}

func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func quote(text string) string {
	return `"` + quoteEscaper.Replace(text) + `"`
}

var quoteEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// serialise writes a list the way it is stored and shown.
func serialise(list []mailbox) string {
	items := make([]string, len(list))
	for i, m := range list {
		items[i] = m.String()
	}
	return strings.Join(items, ", ")
}

// String is: Name <address> (comment), with the name in quotes where it needs them.
func (m mailbox) String() string {
	if m.isGroup {
		return m.name + ": " + serialise(m.group) + ";"
	}
	text := m.address
	if m.name != "" {
		text = phrase(m.name) + " <" + m.address + ">"
	}
	if m.comment != "" {
		text = strings.TrimSpace(text + " (" + m.comment + ")")
	}
	return text
}

func phrase(name string) string {
	for _, r := range name {
		if r >= utf8.RuneSelf || r < ' ' || r == 0x7f || strings.ContainsRune(`()<>[]:;@\,."`, r) {
			return quote(name)
		}
	}
	return name
}
