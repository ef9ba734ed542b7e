package parser

import (
	"strings"
	"testing"
	"time"
)

func TestAddressHeadersAreRewritten(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{ // want empty: not a list
		{`bob@example.com`, `bob@example.com`},
		{`<bob@example.com>`, `bob@example.com`},
		{`"Bob" <bob@example.com>`, `Bob <bob@example.com>`},
		{`Bob B. Smith <bob@example.com>`, `"Bob B. Smith" <bob@example.com>`},
		{`"Smith, Bob" <bob@example.com>`, `"Smith, Bob" <bob@example.com>`},
		{`Smith, Bob <bob@example.com>`, `Smith, Bob <bob@example.com>`},
		{`"Bob \"the\" Smith" <bob@example.com>`, `"Bob \"the\" Smith" <bob@example.com>`},
		{`bob@example.com (Bob (the) Smith)`, `bob@example.com (Bob (the) Smith)`},
		{`Bob <bob@example.com> (home)`, `Bob <bob@example.com> (home)`},
		{`=?utf-8?Q?J=C3=B6rg?= =?utf-8?Q?_M=C3=BCller?= <j@example.com>`, `"Jörg Müller" <j@example.com>`},
		{`"=?utf-8?Q?J=C3=B6rg?=" <j@example.com>`, `"Jörg" <j@example.com>`},
		{`=?utf-8?Q?M=C3=BCller=2C_Bernd?= <b@example.com>`, `"Müller, Bernd" <b@example.com>`},
		{`Jörg <j@example.com>`, `"Jörg" <j@example.com>`},
		{`a@example.com,, b@example.com,`, `a@example.com, b@example.com`},
		{`a@example.com; b@example.com`, `a@example.com, b@example.com`},
		{`Team: a@example.com, B <b@example.com>;`, `Team: a@example.com, B <b@example.com>;`},
		{`undisclosed-recipients:;`, `undisclosed-recipients: ;`},
		{`root`, `root`},
		{`Bob <root>`, `Bob <root>`},
		{`"a b"@example.com`, `"a b"@example.com`},
		{`bob@[192.0.2.1]`, `bob@[192.0.2.1]`},
		{`<@relay.example.com:bob@example.com>`, `bob@example.com`},
		{`a..b.@example.com`, `a..b.@example.com`},
		{`Bob < bob@example.com >`, `Bob <bob@example.com>`},
		{`bob @ example.com`, `bob@example.com`},
		{`'Bob' <bob@example.com>`, `'Bob' <bob@example.com>`},
		{`a b c`, ``},
		{`Bob <bob smith@example.com>`, ``},
		{`Bob <bob@example.com> >`, ``},
		{`Bob <bob@example.com`, ``},
		{`Bob [x] <bob@example.com>`, ``},
		{`"Bob <bob@example.com>`, ``},
		{`Bob (x <bob@example.com>`, ``},
		{`<>`, ``},
		{``, ``},
		{`,`, ``},
		{`a: b: c@example.com;;`, ``},
	} {
		list, err := addressList(tc.text)
		if got := serialise(list); err == nil && got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("%s becomes %q, %v, want %q", tc.text, got, err, tc.want)
		}
		if err == nil {
			if again, err := addressList(serialise(list)); err != nil || serialise(again) != tc.want {
				t.Errorf("%s: written and read again: %q, %v", tc.text, serialise(again), err)
			}
		}
	}
}

func TestTenThousandRecipients(t *testing.T) {
	t.Parallel()
	var to []string
	for range 10_000 {
		to = append(to, "Somebody Else <somebody.else@subdomain.example.com>")
	}
	raw := "From: a@example.com\r\nTo: " + strings.Join(to, ",\r\n ") + "\r\nSubject: many\r\n\r\nbody\r\n"
	msg := mustParse(t, []byte(raw))
	if len(msg.Recipients) != 10_000 || msg.Recipients[9999].Email != "somebody.else@subdomain.example.com" || msg.Subject != "many" {
		t.Errorf("%d recipients, subject %q", len(msg.Recipients), msg.Subject)
	}
}

func TestEncodedWordsAreDecoded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{"plain", "plain"},
		{"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
		{"=?utf-8?Q?a?=\t \t=?iso-8859-1?Q?=E4?=", "aä"},
		{"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"},
		{"x=?utf-8?Q?a?=y", "xay"},
		{"=?utf-8?Q?a_b=20c?=", "a b c"},
		{"=?utf-8?Q?blanks in side?=", "blanks in side"},
		{"=?utf-8?q?lower?= =?UTF-8?b?VVBQRVI=?=", "lowerUPPER"},
		{"=?utf-8?B?R3LDvMOfZQ?=", "Grüße"},
		{"=?utf-8?B?R3LDvMOf ZQ==?=", "Grüße"},
		{"=?utf-8?Q?a=?=", "a"},
		{"=?utf-8?Q?J=C3?= =?utf-8?Q?=B6rg?=", "Jörg"},
		{"=?utf-8?Q?J=C3?=", "J\uFFFD"},
		{"=?utf-8*de?Q?a?=", "a"},
		{"=?gb2312?B?xOO6ww==?=", "你好"},
		{"=?ks_c_5601-1987?B?vsiz5w==?=", "안녕"},
		{"=?windows1252?Q?=80?=", "€"},
		{"=?iso8859-15?Q?=A4?=", "€"},
		{"=?windows-1258?Q?=E4?=", "ä"},
		{"=?macintosh?Q?=8A?=", "ä"},
		{"=?shift-jis?B?k/qWew==?=", "日本"},
		{"=?iso-8859-8-i?Q?=F9=EC=E5=ED?=", "שלום"},
		{"=?utf-7?Q?Gr+APwA3w-e?=", "Grüße"},
		{"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"},
		{"=?bogus?Q?=C3=BC?=", "ü"},
		{"=?bogus?Q?=FC?=", "\uFFFD"},
		{"=?utf-8?Q?=3D=3F?=", "=?"},
		{"=?utf-8?X?a?=", "=?utf-8?X?a?="},
		{"=?utf-8?Q?never ends", "=?utf-8?Q?never ends"},
		{"=?", "=?"},
		{"=??Q?a?=", "=??Q?a?="},
	} {
		if got := decodeHeader(tc.text); got != tc.want {
			t.Errorf("%q becomes %q, want %q", tc.text, got, tc.want)
		}
	}
}

func TestDatesInManyForms(t *testing.T) {
	t.Parallel()
	const want = "2026-03-03T09:05:06Z"
	for _, tc := range []struct{ text, want string }{ // want empty: unreadable
		{"Tue, 3 Mar 2026 10:05:06 +0100", want},
		{"Tue, 03 Mar 2026 10:05:06 +0100 (CET)", want},
		{"3 Mar 2026 09:05:06 GMT", want},
		{"Tue, 3 Mar 2026 10:05:06 +0100 (Mitteleuropäische Zeit)", want},
		{"Tue,  3 Mar 26 09:05:06 UT", want},
		{"Tue 3 Mar 2026 09:05:06 +0000", want},
		{"Tue, 3 March 2026 09:05:06 +0000", want},
		{"Tuesday, March 3, 2026 09:05:06", want},
		{"Tue Mar  3 09:05:06 2026", want},
		{"Tue Mar  3 01:05:06 PST 2026", want},
		{"Tue, 3-Mar-2026 09:05:06 GMT", want},
		{"Tue, 3 Mar 2026 10:05:06 GMT+0100", want},
		{"Tue, 3 Mar 2026 10:05:06 CET", want},
		{"03 Mar 2026 10:05:06+0100", want},
		{"Tue, 3 Mar 2026 09:05:06 Z", want},
		{"Fri, 3 Mar 2026 09:05:06 +0000", want},
		{"Tue, 3 Mar 2026 9:5:6 +0000", want},
		{"Tue, 3 Mar 2026 09:05:06 +00:00", want},
		{"Tue, 3 Mar 2026 10:05:06 +01:00", want},
		{"Tue, 3 Mar 2026 10:05:06 +1:00", want},
		{"Tue, 3 Mar 2026 10:05:06 +100", want},
		{"Tue, 3 Mar 2026 10:05:06 GMT+1", want},
		{"Tue, 3 Mar 2026 10:05:06 UTC+01:00", want},
		{"Tue, 3 Mar 2026 09:05:06 AM", want},
		{"Tue Mar 03 2026 09:05:06 GMT+0000 (Coordinated Universal Time)", want},
		{"Tue, 3 Mar 2026, 09:05:06", want},
		{"Tue, Mar 3, 2026 at 9:05:06 AM", want},
		{"03/Mar/2026:10:05:06 +0100", want},
		{"2026-03-03T09:05:06Z", want},
		{"2026-03-03T09:05:06.123Z", want},
		{"2026-03-03 10:05:06+01:00", want},
		{"2026-03-03 09:05:06 UTC", want},
		{"20260303T090506Z", want},
		{"Tue, 3 M=C3=A4r 2026 09:05:06 +0000", ""},
		{"=?utf-8?Q?Tue,_3_Mar_2026_09:05:06_+0000?=", ""},
		{"Tue, 3 Mar 2026 09:05:06 +9999", want},
		{"Tue, 3 Mar 126 09:05:06 +0000", "2026-03-03T09:05:06Z"},
		{"Tue, 3 Mar 2026 11:05:06 PM +0000", "2026-03-03T23:05:06Z"},
		{"Tue, 3 Mar 2026 12:05:06 AM +0000", "2026-03-03T00:05:06Z"},
		{"Thu, 01 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00Z"},
		{"Tue, 3 Mar 2026 09:05 GMT", "2026-03-03T09:05:00Z"},
		{"Tue, 3 Mar 2026 23:59:60 +0000", "2026-03-04T00:00:00Z"},
		{"2026-03-03T10:05:06+01:00", want},
		{"2026-03-03 09:05:06", want},
		{"03.03.2026 09:05:06", want},
		{"Tue, 3 Mar 2026 09.05.06 +0000", ""},
		{"Tue, 31 Feb 2026 09:05:06 +0000", ""},
		{"not a date at all", ""},
		{"Tue, 3 Mar 0026 25:05:06 +0000", ""},
		{"", ""},
	} {
		got := ""
		if date := parseDate(tc.text); date != nil {
			got = date.Format(time.RFC3339)
		}
		if got != tc.want {
			t.Errorf("%q is %q, want %q", tc.text, got, tc.want)
		}
	}
}

func TestParametersAreRead(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ value, want string }{
		{`text/plain; charset=utf-8`, `text/plain; charset=utf-8`},
		{`Text/Plain; Charset="UTF-8"; name="b.txt"`, `text/plain; charset=UTF-8; name=b.txt`},
		{`text/html charset=utf-8`, `text/html; charset=utf-8`},
		{"Multipart/Mixed\tBoundary=\"aB\"", `multipart/mixed; boundary=aB`},
		{`text/plain; name="a b.txt"`, `text/plain; name="a b.txt"`},
		{`text/plain; name=a b.txt; x=1`, `text/plain; name="a b.txt"; x=1`},
		{`text/plain; name="a;b.txt"`, `text/plain; name="a;b.txt"`},
		{`text/plain; name='a;b.txt'; x=1`, `text/plain; name="a;b.txt"; x=1`},
		{`text/plain; name='a' b.txt; x='`, `text/plain; name="'a' b.txt"; x='`},
		{`text/plain; name*=''a%20b; x=1`, `text/plain; name="a b"; x=1`},
		{`text/plain; name="never closed; x=1`, `text/plain; name="never closed"; x=1`},
		{`text/plain;;; ; charset = utf-8 ;`, `text/plain; charset=utf-8`},
		{`text/plain; flag; charset=utf-8`, `text/plain; charset=utf-8`},
		{`text/plain; charset=us-ascii (comment)`, `text/plain; charset=us-ascii`},
		{`charset=utf-8`, `text/plain; charset=utf-8`},
		{`text/plain; name*=utf-8'de'%C3%BC.txt`, `text/plain; name=ü.txt`},
		{`text/plain; name*1="b.txt"; name*0="a"`, `text/plain; name=ab.txt`},
		{`text/plain; name*0*=iso-8859-1''%FC; name*1=b.txt`, `text/plain; name=üb.txt`},
		{`text`, `text/plain`},
		{``, `text/plain`},
		{`foo; x=1`, `text/plain; x=1`},
		{"image/png\x10\x00; x=1", `image/png; x=1`},
		{`image/pngü; x=1`, `text/plain; x=1`},
	} {
		if got := parseMedia(tc.value, "text/plain").String(); got != tc.want {
			t.Errorf("%s is %s, want %s", tc.value, got, tc.want)
		}
	}
}

func TestFactsOfAutomaticMail(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		header            string
		auto, outOfOffice bool
	}{
		{"X-Nothing: x", false, false},
		{"List-Unsubscribe: <mailto:u@example.com>", true, false},
		{"List-Unsubscribe: x", false, false},
		{"X-Loop: yes", true, false},
		{"X-Loop: a@example.com", false, false},
		{"Precedence: Bulk", true, false},
		{"Auto-Submitted: no", false, false},
		{"Auto-Submitted: auto-notified", false, false},
		{"Auto-Submitted: auto-generated", true, false},
		{"X-Auto-Response-Suppress: DR, RN, OOF", false, false},
		{"X-Auto-Response-Suppress: All", true, false},
		{"X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: a@example.com", true, true},
		{"X-MS-Exchange-Inbox-Rules-Loop: a@example.com", false, false},
		{"Message-ID: <x@DESK.example.com>", true, false},
		{"Message-ID: <x@a.desk.example.com>", false, false},
		{"Auto-Submitted: auto-replied (vacation)", true, true},
		{"Auto-Submitted: auto-replied; owner-email=\"me@example.com\"", true, true},
		{"Auto-Submitted: auto-replied\nSubject: Vacation: x", true, true},
		{"Auto-Submitted: auto-replied\nSubject: Re: x", true, false},
	} {
		msg := mustParse(t, []byte("From: a@example.com\n"+tc.header+"\n\nbody\n"))
		if msg.AutoResponse != tc.auto || msg.OutOfOffice != tc.outOfOffice {
			t.Errorf("%s: auto response %t, out of office %t", tc.header, msg.AutoResponse, msg.OutOfOffice)
		}
	}
}
