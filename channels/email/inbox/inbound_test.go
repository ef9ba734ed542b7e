package inbox

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"postroom/channels/email/account"
	"postroom/internal/desk"
)

func TestParseInbound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, stored string
		want         Inbound
		field        string // of the error
	}{
		{"the least", `{"adapter":"imap","options":{"host":"mail.example.com","user":"u","password":"p"}}`,
			Inbound{Adapter: account.IMAP, Host: "mail.example.com", Port: 993, Security: TLS, Verify: true, User: "u", Password: "p", Folder: "INBOX"}, ""},
		{"everything as text", `{"adapter":"imap","trusted":"true","options":{"host":" h ","port":"1143","ssl":"starttls","ssl_verify":"false","user":"u","password":"p","folder":"Büro/Neu","keep_on_server":"true","auth_type":"xoauth2"}}`,
			Inbound{Adapter: account.IMAP, Host: "h", Port: 1143, Security: StartTLS, User: "u", Password: "p", Folder: "Büro/Neu", Keep: true, Trusted: true, AuthType: "XOAUTH2"}, ""},
		{"typed", `{"adapter":"imap","trusted":true,"options":{"host":"h","port":143,"ssl":false,"ssl_verify":true,"user":"u","keep_on_server":true}}`,
			Inbound{Adapter: account.IMAP, Host: "h", Port: 143, Security: Plain, Verify: true, User: "u", Folder: "INBOX", Keep: true, Trusted: true}, ""},
		{"nulls and blanks", `{"adapter":"imap","options":{"host":"h","port":"","ssl":"off","ssl_verify":null,"user":"u","folder":null,"keep_on_server":""}}`,
			Inbound{Adapter: account.IMAP, Host: "h", Port: 143, Security: Plain, Verify: true, User: "u", Folder: "INBOX"}, ""},
		{"a slip of the pen is TLS", `{"adapter":"imap","options":{"host":"h","ssl":"ofd","user":"u"}}`,
			Inbound{Adapter: account.IMAP, Host: "h", Port: 993, Security: TLS, Verify: true, User: "u", Folder: "INBOX"}, ""},
		{"POP3", `{"adapter":"pop3","options":{"host":"h","user":"u"}}`,
			Inbound{Adapter: account.POP3, Host: "h", Port: 995, Security: TLS, Verify: true, User: "u"}, ""},
		{"POP3, STLS", `{"adapter":"pop3","options":{"host":"h","user":"u","ssl":"starttls","folder":"In","keep_on_server":"true"}}`,
			Inbound{Adapter: account.POP3, Host: "h", Port: 110, Security: StartTLS, Verify: true, User: "u", Keep: true}, ""},
		{"no adapter", `{}`, Inbound{}, "adapter"},
		{"no host", `{"adapter":"imap","options":{"user":"u"}}`, Inbound{}, "host"},
		{"host with a line break", `{"adapter":"imap","options":{"host":"a\r\nb","user":"u"}}`, Inbound{}, "host"},
		{"port 0", `{"adapter":"imap","options":{"host":"h","user":"u","port":0}}`, Inbound{}, "port"},
		{"port of letters", `{"adapter":"imap","options":{"host":"h","user":"u","port":"imap"}}`, Inbound{}, "port"},
		{"no user", `{"adapter":"imap","options":{"host":"h"}}`, Inbound{}, "user"},
	} {
		var stored map[string]any
		if err := json.Unmarshal([]byte(tc.stored), &stored); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		got, err := ParseInbound(stored)
		invalid, _ := errors.AsType[*desk.InvalidError](err)
		if tc.field != "" {
			if invalid == nil || invalid.Field != tc.field {
				t.Errorf("%s: error %v, want one about %s", tc.name, err, tc.field)
			}
			continue
		}
		got.limits = limits{}
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %+v, %v; want %+v", tc.name, got, err, tc.want)
		}
	}
	if _, err := ParseInbound(map[string]any{"adapter": "x"}); err == nil || err.Error() != "Unknown adapter 'x'" {
		t.Errorf("unknown adapter: %v, want the text that clients match", err)
	}
}
