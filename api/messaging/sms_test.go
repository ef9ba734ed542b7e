package messaging_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/channels/sms"
	"postroom/channels/sms/smstest"
	"postroom/internal/desk"
	"postroom/internal/messenger"
	sendmessages "postroom/jobs/messenger"
)

// phones is an office that gets and sends text messages.
type phones struct {
	*apitest.Office
	gateway *smstest.Server
	token   string // in the address that the gateway calls
	channel int
}

func openPhones(t *testing.T) *phones {
	t.Helper()
	gateway := smstest.New(t)
	o := apitest.Open(t, func(needs *api.Needs) { needs.Messaging.SMS = gateway.Client() })
	return &phones{Office: o, gateway: gateway}
}

const newTwilio = `{"area": "Sms::Account", "group_id": 1, "options": {"adapter": "sms/twilio", "account_id": "` + smstest.Account +
	`", "token": "` + smstest.Token + `", "sender": "+15550001111"}}`

func (p *phones) connect(channel string) *phones {
	p.T.Helper()
	made := p.Post("boss", "/channels_sms", channel).Is(200).Object()
	p.channel = int(made["id"].(float64))
	p.token = made["options"].(map[string]any)["webhook_token"].(string)
	return p
}

func (p *phones) work() {
	p.T.Helper()
	client := p.gateway.Client()
	p.Messengers(
		map[string]messenger.Kind{sms.Kind: {Read: client.Read, Type: desk.ArticleSMS, ByType: true}},
		sendmessages.Ways{desk.ArticleSMS: {Sender: sms.NewSender(client, p.Store), Area: desk.AreaSMSAccount, Failure: "Unable to send SMS message", History: "sms"}},
	)
}

// calls is Twilio calling with a message, signed as Twilio does it.
func (p *phones) calls(form url.Values) apitest.Answer {
	p.T.Helper()
	path := "/api/v1/sms_webhook/" + p.token
	signed := "https://desk.example.com" + path
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range form {
			if !yield(name) {
				return
			}
		}
	}) {
		signed += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(smstest.Token))
	_, _ = mac.Write([]byte(signed))
	return p.brings(path, form, "X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func (p *phones) brings(path string, form url.Values, header ...string) apitest.Answer {
	p.T.Helper()
	req := p.Request(http.MethodPost, path, form.Encode())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(header) > 0 {
		req.Header.Set(header[0], header[1])
	}
	return p.Send(req)
}

func message(sid, from, text string) url.Values {
	return url.Values{
		"ToCountry": {"US"}, "SmsMessageSid": {sid}, "NumMedia": {"0"}, "SmsSid": {sid}, "SmsStatus": {"received"}, "Body": {text}, "To": {"+15550001111"},
		"MessageSid": {sid}, "AccountSid": {smstest.Account}, "From": {from}, "ApiVersion": {"2010-04-01"},
	}
}

// settled waits until everything that was received is processed, and returns the tickets by text messages.
func (p *phones) settled() (tickets []int) {
	p.T.Helper()
	p.Eventually("messages processed", func() bool {
		var left int
		p.One(&left, `SELECT count(*) FROM inbound_messages WHERE state = 'received'`)
		return left == 0
	})
	p.One(&tickets, `SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM tickets WHERE create_article_type_id = 2`)
	return tickets
}

func (p *phones) articles(ticket int) []map[string]any {
	p.T.Helper()
	p.InOrder("ticket_articles")
	return p.Get("emma", fmt.Sprintf("/ticket_articles/by_ticket/%d", ticket)).Is(200).List()
}

func TestTextMessagesAreOneTicket(t *testing.T) {
	t.Parallel()
	p := openPhones(t).connect(newTwilio)
	p.work()
	answer := p.calls(message("SM1", "+491711234567", "My printer is on fire, and what am I to do about it?")).Is(200)
	if string(answer.Body) != "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response/>\n" || answer.Header.Get("Content-Type") != "application/xml; charset=UTF-8;" {
		t.Errorf("answer = %s, %q", answer.Header.Get("Content-Type"), answer.Body)
	}
	p.calls(message("SM1", "+491711234567", "My printer is on fire, and what am I to do about it?")).Is(200)
	p.calls(message("SM2", "+491711234567", "Still burning")).Is(200)
	tickets := p.settled()
	if len(tickets) != 1 {
		t.Fatalf("tickets = %v, want one", tickets)
	}
	ticket := p.Get("emma", apitest.TicketPath(tickets[0])).Is(200).Object()
	about := fmt.Sprintf("map[channel_id:%d sms:map[AccountSid:%s From:+491711234567 To:+15550001111]]", p.channel, smstest.Account)
	if ticket["title"] != "My printer is on fire, and what am I to..." && len(ticket["title"].(string)) != 43 || fmt.Sprint(ticket["preferences"]) != about {
		t.Errorf("ticket = %v", ticket)
	}
	articles := p.articles(tickets[0])
	if len(articles) != 2 || articles[0]["type"] != "sms" || articles[0]["sender"] != "Customer" || articles[0]["internal"] != false ||
		articles[0]["from"] != "+491711234567" || articles[0]["to"] != "+15550001111" || articles[0]["message_id"] != "SM1" || articles[1]["body"] != "Still burning" {
		t.Errorf("articles = %v", articles)
	}
	customer := p.Get("emma", fmt.Sprintf("/users/%v", ticket["customer_id"])).Is(200).Object()
	if customer["mobile"] != "+491711234567" || customer["firstname"] != "+491711234567" {
		t.Errorf("customer = %v", customer)
	}
}

func TestAgentsAnswerByTextMessage(t *testing.T) {
	t.Parallel()
	p := openPhones(t).connect(newTwilio)
	p.work()
	p.calls(message("SM1", "+491711234567", "Help")).Is(200)
	ticket := p.settled()[0]
	p.gateway.Fail(503)
	p.gateway.FailLater(2, 500) // the second part, at its first attempt
	long := strings.Repeat("Patience. ", 200)
	article := p.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "type": "sms", "sender": "Agent", "internal": false, "to": "+491711234567", "body": %q}`, ticket, long)).
		Is(201).Object()
	path := fmt.Sprintf("/ticket_articles/%v", article["id"])
	p.Eventually("delivery", func() bool {
		article = p.Get("emma", path).Is(200).Object()
		return preferences(article)["delivery_status"] == "success"
	})
	calls := p.gateway.Calls()
	if len(calls) != 4 || calls[1].Form.Get("To") != "+491711234567" || len(calls[1].Form.Get("Body")) > 1600 ||
		calls[1].Form.Get("Body")+" "+calls[3].Form.Get("Body") != strings.TrimSpace(long) {
		t.Errorf("%d calls, want each of two parts once refused and once taken: %v", len(calls), calls)
	}
	sid := article["message_id"].(string)
	if sid != fmt.Sprintf("SM%032d", 2) {
		t.Errorf("the article is called %s, want what the gateway called its first part", sid)
	}
	p.calls(url.Values{"SmsSid": {sid}, "SmsStatus": {"delivered"}, "MessageStatus": {"delivered"}, "To": {"+491711234567"}, "MessageSid": {sid}, "From": {"+15550001111"}}).Is(200)
	p.settled()
	if got := fmt.Sprint(preferences(p.Get("emma", path).Is(200).Object())["sms"]); got != "map[MessageStatus:delivered message_id:"+sid+"]" {
		t.Errorf("report = %s", got)
	}

	p.gateway.Fail(400, 400, 400, 400)
	failed := p.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "type": "sms", "sender": "Agent", "internal": false, "to": "+491711234567", "body": "Late"}`, ticket)).
		Is(201).Object()
	p.Eventually("the note", func() bool {
		all := p.articles(ticket)
		last := all[len(all)-1]
		return last["sender"] == "System" && strings.HasPrefix(last["body"].(string), "Unable to send SMS message: The gateway has trouble (status 400)")
	})
	if kept := preferences(p.Get("emma", fmt.Sprintf("/ticket_articles/%v", failed["id"])).Is(200).Object()); kept["delivery_status"] != "fail" || kept["delivery_retry"] != 4.0 {
		t.Errorf("preferences = %v", kept)
	}
}

func TestWhoWantsNoMoreGetsNoMore(t *testing.T) {
	t.Parallel()
	p := openPhones(t).connect(newTwilio)
	p.work()
	p.calls(message("SM1", "+491711234567", "Stop!")).Is(200)
	ticket := p.settled()[0]
	send := func() map[string]any {
		article := p.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id": %d, "type": "sms", "sender": "Agent", "internal": false, "to": "0049 171 1234567", "body": "Sale!"}`, ticket)).
			Is(201).Object()
		p.Eventually("an end", func() bool {
			article = p.Get("emma", fmt.Sprintf("/ticket_articles/%v", article["id"])).Is(200).Object()
			return preferences(article)["delivery_status"] != nil
		})
		return preferences(article)
	}
	if kept := send(); kept["delivery_status"] != "fail" || kept["delivery_status_message"] != "The recipient wants no text messages." || len(p.gateway.Calls()) != 0 {
		t.Errorf("preferences = %v, calls = %v", kept, p.gateway.Calls())
	}
	p.calls(message("SM2", "+491711234567", "START")).Is(200)
	p.settled()
	if kept := send(); kept["delivery_status"] != "success" {
		t.Errorf("preferences = %v", kept)
	}
}

func TestOtherGatewaysBringMessages(t *testing.T) {
	t.Parallel()
	p := openPhones(t)
	p.work()
	p.connect(`{"area": "Sms::Account", "group_id": 1, "options": {"adapter": "sms/message_bird", "token": "x", "sender": "Desk"}}`)
	form := url.Values{"originator": {"4917100"}, "recipient": {"15550"}, "incomingMessage": {"By bird"}, "message_id": {"mb1"}, "reference": {"r"}}
	p.brings("/api/v1/sms_webhook/"+p.token, form).Is(200).Same(t, `{}`)
	p.Send(p.Request(http.MethodGet, "/api/v1/sms_webhook/"+p.token+"?"+form.Encode(), "")).Is(200).Same(t, `{}`)
	p.connect(`{"area": "Sms::Account", "group_id": 1, "options": {"adapter": "sms/http", "gateway": "https://gateway.example.com", "field_from": "msisdn", "field_id": "uuid"}}`)
	p.Send(p.Request(http.MethodPost, "/api/v1/sms_webhook/"+p.token, `{"msisdn": 4917200, "to": "15550", "text": "By another", "uuid": "u1"}`)).Is(200).Same(t, `{}`)
	p.Send(p.Request(http.MethodPost, "/api/v1/sms_webhook/"+p.token, `{"text": "From nobody"}`)).Refuses(422, "The required parameter 'msisdn' is missing.")
	p.settled()
	p.connect(`{"area": "Sms::Account", "group_id": 1, "options": {"adapter": "sms/http", "gateway": "https://gateway.example.org"}}`)
	p.Send(p.Request(http.MethodPost, "/api/v1/sms_webhook/"+p.token, `{"from": "4917200", "text": "By a third, that counts likewise", "id": "u1"}`)).Is(200)
	tickets := p.settled()
	if len(tickets) != 2 {
		t.Fatalf("tickets = %v, want two", tickets)
	}
	var got []string
	for _, article := range append(p.articles(tickets[0]), p.articles(tickets[1])...) {
		got = append(got, article["body"].(string))
	}
	if slices.Sort(got); !slices.Equal(got, []string{"By a third, that counts likewise", "By another", "By bird"}) {
		t.Errorf("articles = %q", got)
	}
	var answered int
	if p.One(&answered, `SELECT (preferences->>'channel_id')::int FROM tickets WHERE title = 'By another'`); answered != p.channel {
		t.Errorf("answers go by channel %d, want %d, which the customer wrote to last", answered, p.channel)
	}
}

func TestGatewaysThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	p := openPhones(t).connect(newTwilio)
	path := "/api/v1/sms_webhook/" + p.token
	p.brings(path, message("SM1", "+49171", "x")).Refuses(403, "Not authorized")
	p.brings(path, message("SM1", "+49171", "x"), "X-Twilio-Signature", "Zm9yZ2Vk").Refuses(403, "Not authorized")
	p.brings("/api/v1/sms_webhook/guess", message("SM1", "+49171", "x")).Is(404).Same(t, `{"message":"channel not found"}`)
	large := message("SM1", "+49171", strings.Repeat("x", 2<<20))
	if got := p.calls(large).Status; got != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge message: %d, want 413", got)
	}
	p.Post("boss", "/channels_sms_disable", fmt.Sprintf(`{"id": %d}`, p.channel)).Is(200)
	p.calls(message("SM1", "+49171", "x")).Is(404)
	if tickets := p.settled(); len(tickets) != 0 {
		t.Errorf("tickets = %v, want none", tickets)
	}
}

func TestChannelsOfTextMessages(t *testing.T) {
	t.Parallel()
	p := openPhones(t).connect(newTwilio)
	for body, text := range map[string]string{
		`{"options": {"adapter": "sms/twilio"}, "group_id": 1}`:                                "The required parameter 'area' is missing.",
		`{"area": "Email::Account", "options": {"adapter": "sms/twilio"}}`:                     "The required parameter 'area' is invalid.",
		`{"area": "Sms::Account", "group_id": 1}`:                                              "The required parameter 'options' is missing.",
		`{"area": "Sms::Account", "group_id": 1, "options": {}}`:                               "The required parameter 'options.adapter' is missing.",
		`{"area": "Sms::Account", "group_id": 1, "options": {"adapter": "sms/other"}}`:         "The required parameter 'options.adapter' is invalid.",
		`{"area": "Sms::Account", "group_id": 1, "options": {"adapter": "sms/massenversand"}}`: "The required parameter 'options.adapter' is invalid.",
		`{"area": "Sms::Account", "options": {"adapter": "sms/twilio"}}`:                       "The required parameter 'group_id' is missing.",
	} {
		p.Post("boss", "/channels_sms", body).Refuses(422, text)
	}
	sender := p.Post("boss", "/channels_sms", `{"area": "Sms::Notification", "options": {"adapter": "sms/massenversand", "gateway": "https://m.example.com", "token": "t"}}`).Is(200)
	p.Put("boss", fmt.Sprintf("/channels_sms/%d", sender.ID()), `{"area": "Sms::Account", "group_id": 1}`).
		Refuses(422, "The required parameter 'options.adapter' is invalid.")
	p.Post("emma", "/channels_sms", newTwilio).Refuses(403, "User authorization failed.")

	all := p.Get("boss", "/channels_sms").Is(200).Object()
	if len(all["account_channel_ids"].([]any)) != 1 || len(all["notification_channel_ids"].([]any)) != 1 || len(all["config"].([]any)) != 4 {
		t.Errorf("index = %v", all)
	}
	path := fmt.Sprintf("/channels_sms/%d", p.channel)
	shown := p.Get("boss", path).Is(200).Object()
	options := shown["options"].(map[string]any)
	if options["token"] == smstest.Token || options["webhook_token"] != p.token || options["callback_url"] != "https://desk.example.com/api/v1/sms_webhook/"+p.token {
		t.Errorf("options = %v", options)
	}
	masked := fmt.Sprintf(`{"options": {"adapter": "sms/twilio", "account_id": "%s", "token": %q, "sender": "+15550002222", "webhook_token": %q}, "group_id": 2}`,
		smstest.Account, options["token"], p.token)
	p.Put("boss", path, masked).Is(200)
	var stored string
	p.One(&stored, `SELECT options::text FROM channels WHERE id = $1`, p.channel)
	if strings.Contains(stored, smstest.Token) {
		t.Errorf("the token is stored as it is: %s", stored)
	}
	p.calls(message("SM1", "+491711", "still ours")).Is(200) // signed with the token, which stayed

	trial := `{"recipient": "+49171", "message": "Hello", "options": {"adapter": "sms/twilio", "account_id": %q, "token": %q, "sender": "1"}}`
	p.Post("boss", "/channels_sms/test", fmt.Sprintf(trial, smstest.Account, options["token"])).Is(200).Same(t, `{"success":true}`)
	if sent := p.gateway.Calls()[0]; !strings.HasPrefix(sent.Authorization, "Basic ") || !strings.Contains(decoded(t, sent.Authorization), smstest.Token) {
		t.Errorf("call = %v", sent)
	}
	p.Post("boss", "/channels_sms/test", fmt.Sprintf(trial, "AC2", options["token"])).Is(200)
	if sent := p.gateway.Calls()[1]; strings.Contains(decoded(t, sent.Authorization), smstest.Token) {
		t.Error("the token went to another account")
	}
	p.gateway.Fail(401)
	p.Post("boss", "/channels_sms/test", fmt.Sprintf(trial, "AC2", "x")).Is(200).
		Same(t, `{"error":"The gateway has trouble (status 401)","error_human":"The gateway has trouble (status 401)"}`)
	p.Del("boss", path).Is(200)
	p.Get("boss", path).Is(404)
}

func decoded(t *testing.T, authorization string) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(authorization, "Basic "))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
