package sms_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"postroom/channels"
	"postroom/channels/sms"
	"postroom/channels/sms/smstest"
	"postroom/internal/desk"
)

func TestRequestsToGateways(t *testing.T) {
	t.Parallel()
	const text = `50% "off" & more`
	for name, c := range map[string]struct {
		options map[string]any
		answer  string
		want    smstest.Call
		id      string
	}{
		"Twilio": {
			options: map[string]any{"adapter": sms.Twilio, "account_id": "AC1", "token": "secret", "sender": "+491700000000", "callback_url": "https://desk.example.com/hook"},
			answer:  `{"sid": "SM1"}`, id: "SM1",
			want: smstest.Call{Method: "POST", Path: "/2010-04-01/Accounts/AC1/Messages.json", Authorization: "Basic QUMxOnNlY3JldA==",
				Body: "Body=50%25+%22off%22+%26+more&From=%2B491700000000&StatusCallback=https%3A%2F%2Fdesk.example.com%2Fhook&To=%2B49171"},
		},
		"MessageBird": {
			options: map[string]any{"adapter": sms.MessageBird, "token": "secret", "sender": "Desk"},
			answer:  `{"id": "mb1", "href": "..."}`, id: "mb1",
			want: smstest.Call{Method: "POST", Path: "/messages", Authorization: "AccessKey secret",
				Body: "body=50%25+%22off%22+%26+more&originator=Desk&recipients=%2B49171"},
		},
		"Massenversand": {
			options: map[string]any{"adapter": sms.Massenversand, "gateway": "GATEWAY/send", "token": "secret", "sender": "Desk"},
			answer:  "OK (17)",
			want:    smstest.Call{Method: "GET", Path: "/send"},
		},
		"any, in JSON": {
			options: map[string]any{"adapter": sms.HTTP, "gateway": "GATEWAY/{{sender}}", "sender": "Desk", "token": "secret",
				"body": `{"to": "{{to}}", "text": "{{text}}", "key": "{{token}}"}`},
			answer: "accepted",
			want:   smstest.Call{Method: "POST", Path: "/Desk", Body: `{"to": "+49171", "text": "50% \"off\" \u0026 more", "key": "secret"}`},
		},
		"any, by its address": {
			options: map[string]any{"adapter": sms.HTTP, "gateway": "GATEWAY/?to={{to}}&text={{text}}", "method": "get"},
			answer:  "accepted",
			want:    smstest.Call{Method: "GET", Path: "/"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := smstest.New(t)
			server.Answer(c.answer)
			if gateway, ok := c.options["gateway"].(string); ok {
				c.options["gateway"] = strings.Replace(gateway, "GATEWAY", server.URL, 1)
			}
			id, err := server.Client().Send(t.Context(), sms.ReadOptions(c.options), "+49171", text)
			if err != nil || id != c.id {
				t.Fatalf("id %q, %v; want %q", id, err, c.id)
			}
			got := server.Calls()[0]
			if got.Method != c.want.Method || got.Path != c.want.Path || got.Authorization != c.want.Authorization || got.Body != c.want.Body {
				t.Errorf("request\n %+v\nwant\n %+v", got, c.want)
			}
			if c.want.Method == "GET" && got.Query.Get("text")+got.Query.Get("msg") != text {
				t.Errorf("query = %v", got.Query)
			}
			if name == "Massenversand" && got.Query.Encode() != "authToken=secret&getID=1&msg=50%25+%22off%22+%26+more&msgtype=c&receiver=49171&sender=Desk" {
				t.Errorf("query = %v", got.Query.Encode())
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	server := smstest.New(t)
	send := func(options map[string]any) error {
		_, err := server.Client().Send(t.Context(), sms.ReadOptions(options), "1", "x")
		return err
	}
	server.Fail(400)
	if err := send(map[string]any{"adapter": sms.Twilio}); err == nil || err.Error() != "The gateway has trouble (status 400)" {
		t.Errorf("refused: %v", err)
	}
	server.Fail(429)
	if err := send(map[string]any{"adapter": sms.Twilio}); !later(err) {
		t.Errorf("too many: %v, want one that says later", err)
	}
	server.Answer("ERROR 5")
	for _, options := range []map[string]any{
		{"adapter": sms.Massenversand, "gateway": server.URL},
		{"adapter": sms.HTTP, "gateway": server.URL, "success": "accepted"},
	} {
		if err := send(options); err == nil || err.Error() != "ERROR 5 (status 200)" {
			t.Errorf("%v: %v", options, err)
		}
	}
	for _, options := range []map[string]any{{"adapter": "sms/other"}, {"adapter": sms.HTTP}, {"adapter": sms.HTTP, "gateway": "not an address"}} {
		if err := send(options); err == nil {
			t.Errorf("%v: no error", options)
		}
	}
}

func later(err error) bool {
	_, ok := err.(*channels.LaterError)
	return ok
}

func TestNumbersAreTheSameHoweverWritten(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"+49 171 1234567": "491711234567", "0049-171-1234567": "491711234567", "491711234567": "491711234567", "Desk": "",
	} {
		if got := sms.Digits(written); got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
	}
}

func TestWordsThatEndMessages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]*channels.Consent{
		"STOP": {Number: "49171000", Refused: true}, " stop. ": {Number: "49171000", Refused: true}, "Unsubscribe!": {Number: "49171000", Refused: true},
		"Start": {Number: "49171000"}, "Please stop sending": nil, "yes": nil,
	} {
		w := read(t, sms.Twilio, `{"SmsMessageSid": "SM1", "From": "+49171000", "To": "+1555", "Body": "`+text+`"}`)
		if (w.Consent == nil) != (want == nil) || want != nil && *w.Consent != *want {
			t.Errorf("%q: %+v, want %+v", text, w.Consent, want)
		}
	}
}

func read(t *testing.T, adapter, params string) *channels.Written {
	t.Helper()
	channel := desk.Channel{ID: 3, Options: map[string]any{"adapter": adapter}}
	w, err := smstest.New(t).Client().Read(context.Background(), channel, []byte(params))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestReportsDoNotHoldUpMessages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		params map[string]string
		want   sms.Facts
	}{
		{map[string]string{"SmsMessageSid": "SM1", "From": "+49 171 000", "To": "+1555", "Body": "Hi"}, sms.Facts{ID: "SM1", Conversation: "49171000"}},
		{map[string]string{"MessageSid": "SM2", "MessageStatus": "sent", "To": "+49171000"}, sms.Facts{ID: "SM2:sent", Conversation: "report SM2"}},
		{map[string]string{"MessageSid": "SM2", "MessageStatus": "delivered", "To": "+49171000"}, sms.Facts{ID: "SM2:delivered", Conversation: "report SM2"}},
	} {
		if got, err := sms.FactsOf(sms.Options{Adapter: sms.Twilio}, c.params); err != nil || got != c.want {
			t.Errorf("%v: %+v, %v; want %+v", c.params, got, err, c.want)
		}
	}
}

func TestNothingWritten(t *testing.T) {
	t.Parallel()
	if w := read(t, sms.Twilio, `{"SmsMessageSid": "SM1", "From": "+49171000", "Body": ""}`); w != nil {
		t.Errorf("an empty message is %+v", w)
	}
	if w := read(t, sms.Twilio, `{"SmsMessageSid": "SM1", "From": "+49171000", "Body": "", "NumMedia": "1", "MediaUrl0": "https://example.com/1"}`); w == nil || len(w.Files) != 1 {
		t.Errorf("a picture alone is %+v", w)
	}
}

func TestSignaturesOfMessageBird(t *testing.T) {
	t.Parallel()
	const address = "https://desk.example.com/api/v1/sms_webhook/abc?x=1"
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	body := []byte(`{"originator": "1"}`)
	sign := func(key, address string, body []byte, at time.Time) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(key)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := func(of []byte) string { s := sha256.Sum256(of); return hex.EncodeToString(s[:]) }
		text, err := jwt.Signed(signer).
			Claims(jwt.Claims{Issuer: "MessageBird", NotBefore: jwt.NewNumericDate(at), Expiry: jwt.NewNumericDate(at.Add(time.Minute))}).
			Claims(map[string]any{"url_hash": sum([]byte(address)), "payload_hash": sum(body)}).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	key := strings.Repeat("k", 32)
	for name, c := range map[string]struct {
		signature string
		want      bool
	}{
		"right":           {sign(key, address, body, now), true},
		"of another key":  {sign(strings.Repeat("x", 32), address, body, now), false},
		"another address": {sign(key, address+"2", body, now), false},
		"another body":    {sign(key, address, []byte("{}"), now), false},
		"too old":         {sign(key, address, body, now.Add(-time.Hour)), false},
		"none":            {"", false},
	} {
		r := &http.Request{Header: http.Header{"Messagebird-Signature-Jwt": {c.signature}}}
		o := sms.ReadOptions(map[string]any{"adapter": sms.MessageBird, "signing_key": key})
		if got := sms.Genuine(o, r, address, body, now); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}
