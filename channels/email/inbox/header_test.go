package inbox

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// vector is a case of the reference's email_cases.json, as far as it is about mailboxes.
type vector struct {
	ID    string `json:"id"`
	Area  string `json:"area"`
	Input struct {
		Blob    string            `json:"blob"`
		Headers map[string]string `json:"headers"`
	} `json:"input"`
	Expect struct {
		Headers     map[string]*string `json:"headers"`
		FreshVerify *bool              `json:"fresh_verify"`
	} `json:"expect"`
}

func vectors(t *testing.T) (cases []vector) {
	t.Helper()
	text, err := os.ReadFile("testdata/fetch_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, raw := range all {
		var v vector
		if json.Unmarshal(raw, &v) == nil && strings.HasPrefix(v.Area, "fetch.") {
			cases = append(cases, v)
		}
	}
	return cases
}

func TestHeaderVectors(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	checked := 0
	for _, v := range vectors(t) {
		switch {
		case v.Input.Blob != "":
			got := map[string]string{}
			for name, value := range headerFields([]byte(v.Input.Blob)) {
				got[name] = value
			}
			for name, want := range v.Expect.Headers {
				if want == nil {
					want = new(string)
				}
				if value, there := got[name]; !there || value != *want {
					t.Errorf("%s: header %s = %q (there: %t), want %q", v.ID, name, value, there, *want)
				}
			}
			checked++
		case v.Expect.FreshVerify != nil:
			var raw strings.Builder
			for name, value := range v.Input.Headers {
				value = strings.ReplaceAll(value, "NOW-29m", now.Add(-29*time.Minute).Format(time.RFC3339))
				raw.WriteString(name + ": " + value + "\r\n")
			}
			raw.WriteString("\r\nbody")
			if _, got := scanHeader([]byte(raw.String())).freshVerify(now); got != *v.Expect.FreshVerify {
				t.Errorf("%s: fresh verify = %t, want %t", v.ID, got, *v.Expect.FreshVerify)
			}
			checked++
		}
	}
	if checked < 3 {
		t.Errorf("%d vectors checked, want at least 3", checked)
	}
}

func TestScanHeaderTakesNamesByTheirExactCase(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for _, tc := range []struct {
		name, raw, id string
		fresh         bool
	}{
		{"usual", "Message-ID: <1@x>\r\nSubject: a\r\n\r\nMessage-ID: <2@x>", "<1@x>", false},
		{"other case", "Message-Id: <1@x>\r\n\r\n", "", false},
		{"folded by a tab", "Message-ID:\r\n\t<1@x>\r\n\r\n", "<1@x>", false},
		{"folded by a blank", "Message-ID:\r\n <1@x>\r\n\r\n", "", false},
		{"LF only", "A: b\nMessage-ID: <1@x>\n\nbody", "<1@x>", false},
		{"no header end", "Message-ID: <1@x>", "<1@x>", false},
		{"empty", "", "", false},
		{"of a wizard", "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: 2026-01-02T15:00:00Z\r\n\r\n", "", true},
		{"of a wizard whose clock is ahead", "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: 2026-01-02T15:10:00Z\r\n\r\n", "", true},
		{"of a stranger", "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: 2126-01-02T15:00:00Z\r\n\r\n", "", false},
		{"in the body", "A: b\r\n\r\nX-Zammad-Verify: true\r\nX-Zammad-Verify-Time: 2026-01-02T15:00:00Z\r\n", "", false},
		{"fresh verify", "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: 2026-01-02T15:00:00Z\r\n\r\n", "", true},
		{"old verify", "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: 2026-01-02T14:34:05Z\r\n\r\n", "", false},
		{"verify of garbage", "X-Zammad-Verify: true\r\nX-Zammad-Verify-Time: soon\r\n\r\n", "", false},
	} {
		head := scanHeader([]byte(tc.raw))
		if _, fresh := head.freshVerify(now); head.messageID != tc.id || fresh != tc.fresh {
			t.Errorf("%s: Message-ID %q, fresh %t; want %q, %t", tc.name, head.messageID, fresh, tc.id, tc.fresh)
		}
	}
}

func FuzzScanHeader(f *testing.F) {
	f.Add([]byte("Message-ID: <1@x>\r\n\r\nbody"))
	f.Add([]byte("A:\r\n\tb\n\tc\r\r\n:\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, value := range headerFields(raw) {
			if strings.Contains(name, ":") {
				t.Errorf("name %q contains a colon (value %q)", name, value)
			}
		}
	})
}
