package inbox

import (
	"bytes"
	"strings"
	"time"
)

// head is what a mailbox has to know of a mail. It is read in the simple way of the original
// (reference/email.md 1.2): exact case of names, and only folds by a tab are unfolded.
type head struct {
	messageID  string // with brackets
	verify     bool   // a probe of an account wizard
	ignore     bool   // a probe too: not counted as content
	verifyTime string
}

func scanHeader(raw []byte) head {
	var h head
	for name, value := range headerFields(raw) {
		switch name {
		case "Message-ID":
			h.messageID = value
		case "X-Zammad-Verify":
			h.verify = value == "true"
		case "X-Zammad-Ignore":
			h.ignore = value == "true"
		case "X-Zammad-Verify-Time":
			h.verifyTime = value
		}
	}
	return h
}

// isContent reports whether this is anything but the mail of account wizards.
func (h head) isContent() bool { return !h.verify && !h.ignore }

// hasMarker reports whether this is the test mail with that marker.
func hasMarker(header []byte, marker string) bool {
	for name, value := range headerFields(header) {
		if (name == "X-Zammad-Test-Message" || strings.EqualFold(name, "Subject")) && strings.Contains(value, marker) {
			return true
		}
	}
	return false
}

// headerFields yields the lines of the header block as names and values. A line without a colon
// has the value "".
func headerFields(raw []byte) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for len(raw) > 0 {
			end := lineEnd(raw)
			line := bytes.TrimRight(raw[:end], "\r\n")
			raw = raw[end:]
			if len(line) == 0 {
				return
			}
			name, value, _ := bytes.Cut(line, []byte(":"))
			if !yield(unfold(name), unfold(value)) {
				return
			}
		}
	}
}

var tabFolds = strings.NewReplacer("\r\n\t", " ", "\n\t", " ")

func unfold(text []byte) string {
	plain := string(bytes.TrimSpace(text))
	if strings.Contains(plain, "\n") {
		return strings.TrimSpace(tabFolds.Replace(plain))
	}
	return plain
}

// lineEnd returns where the first line ends, with the lines that a tab makes part of it.
func lineEnd(raw []byte) int {
	for end := 0; ; {
		next := bytes.IndexByte(raw[end:], '\n')
		if next < 0 {
			return len(raw)
		}
		end += next + 1
		if end == len(raw) || raw[end] != '\t' {
			return end
		}
	}
}

// freshFor is how long an account wizard may wait for its mail.
const freshFor = 30 * time.Minute

// freshVerify reports whether an account wizard still waits for this mail, and until when it may.
// Anybody can write such a mail: one that claims to come from a far future is nobody's.
func (h head) freshVerify(now time.Time) (until time.Time, fresh bool) {
	if !h.verify {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700", time.RFC1123Z} {
		if sent, err := time.Parse(layout, h.verifyTime); err == nil {
			return sent.Add(freshFor), now.Sub(sent).Abs() < freshFor
		}
	}
	return time.Time{}, false
}
