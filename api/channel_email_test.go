package api_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"postroom/api/apitest"
	"postroom/channels"
	"postroom/internal/desk"
)

const (
	inbound  = `{"adapter": "imap", "options": {"host": "imap.example.com", "port": 993, "ssl": "ssl", "user": "help", "password": "pw-in", "folder": "", "keep_on_server": false}}`
	outbound = `{"adapter": "smtp", "options": {"host": "smtp.example.com", "port": "587", "ssl": "starttls", "user": "help", "password": "pw-out"}}`
)

func account(more string) string {
	return `{"inbound": ` + inbound + `, "outbound": ` + outbound + `, "meta": {"realname": "Help", "email": "Help@New.example.com"}, "group_id": 2` + more + `}`
}

func TestAccountIsConnected(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Post("chris", "/channels_email_inbound", inbound).Is(200).Same(t, `{"result":"ok","content_messages":3,"archive_possible":false,"archive_possible_is_fallback":false,"archive_week_range":2}`)
	o.Post("chris", "/channels_email_outbound", outbound).Is(200).Same(t, `{"result":"ok"}`)
	o.Post("chris", "/channels_email_verify", account("")).Is(200).Same(t, `{"result":"ok"}`)

	list := o.Get("chris", "/channels_email").Is(200)
	if body := string(list.Body); strings.Contains(body, "pw-in") || strings.Contains(body, "pw-out") {
		t.Error("passwords are shown")
	}
	var stored string
	o.One(&stored, `SELECT options::text FROM channels WHERE id = (SELECT max(id) FROM channels)`)
	if strings.Contains(stored, "pw-") {
		t.Errorf("passwords are stored in clear: %s", stored)
	}
	ids := list.Object()["account_channel_ids"].([]any)
	id := int(ids[len(ids)-1].(float64))
	channel, err := o.Store.Channel(t.Context(), desk.ChannelID(id))
	if err != nil {
		t.Fatal(err)
	}
	in := channel.Options["inbound"].(map[string]any)["options"].(map[string]any)
	if in["password"] != "pw-in" || in["port"] != float64(993) || !channel.Active || *channel.GroupID != 2 || *channel.StatusIn != "ok" {
		t.Errorf("channel %+v", channel)
	}
	group := o.Get("chris", "/groups/2?expand=true").Object()
	address := o.Get("chris", fmt.Sprintf("/email_addresses/%v", group["email_address_id"])).Is(200).Object()
	if address["email"] != "help@new.example.com" || address["name"] != "Help" || address["channel_id"] != float64(id) || address["active"] != true {
		t.Errorf("address %v", address)
	}

	// The same again, as it was shown: the mask changes nothing, and nothing is made twice.
	masked := strings.NewReplacer("pw-in", "**********", "pw-out", "**********").Replace(account(fmt.Sprintf(`, "channel_id": %d`, id)))
	o.Post("chris", "/channels_email_verify", masked).Is(200).Same(t, `{"result":"ok"}`)
	again, err := o.Store.Channel(t.Context(), desk.ChannelID(id))
	if err != nil || fmt.Sprint(again.Options) != fmt.Sprint(channel.Options) {
		t.Errorf("options became %v (%v), want %v", again.Options, err, channel.Options)
	}
	if got := len(o.Get("chris", "/email_addresses").List()); got != 2 {
		t.Errorf("%d addresses, want 2", got)
	}
	const duplicate = `{"result":"duplicate","message":"Account already exists!"}`
	o.Post("chris", "/channels_email_inbound", inbound).Is(200).Same(t, duplicate)
	o.Post("chris", "/channels_email_verify", account("")).Is(200).Same(t, duplicate)
	o.Post("chris", "/channels_email_inbound", strings.Replace(inbound, `"folder": ""`, `"folder": "Inbox"`, 1)).Is(200).Same(t, duplicate)
	other := strings.Replace(inbound, `"folder": ""`, `"folder": "Orders"`, 1) // a folder more is an account more
	if got := o.Post("chris", "/channels_email_inbound", other).Is(200).Object(); got["result"] != "ok" {
		t.Errorf("another folder of the same mailbox: %v", got)
	}

	// A stored password goes to no server but its own.
	stranger := strings.NewReplacer("pw-in", "**********", "imap.example.com", "evil.example.org").Replace(inbound)
	o.Post("chris", "/channels_email_inbound", stranger).Is(200)
	if tried := o.Mail.Asked[len(o.Mail.Asked)-1]["options"].(map[string]any); tried["password"] == "pw-in" {
		t.Error("the password went to a stranger's server")
	}

	body := fmt.Sprintf(`{"id": %d}`, id)
	o.Post("chris", "/channels_email_disable", body).Is(200).Same(t, "{}")
	if c, _ := o.Store.Channel(t.Context(), desk.ChannelID(id)); c.Active {
		t.Error("still active")
	}
	o.Post("chris", "/channels_email_enable", body).Is(200).Same(t, "{}")
	o.Post("chris", fmt.Sprintf("/channels_email_group/%d", id), `{"group_id": "3"}`).Is(200).Same(t, "{}")
	if c, _ := o.Store.Channel(t.Context(), desk.ChannelID(id)); !c.Active || *c.GroupID != 3 || c.Options["inbound"].(map[string]any)["options"].(map[string]any)["password"] != "pw-in" {
		t.Errorf("channel %+v", c)
	}
	o.Ask("chris", "DELETE", "/channels_email", body).Is(200).Same(t, "{}")
	o.Post("chris", "/channels_email_enable", body).Refuses(404, fmt.Sprintf("Couldn't find Channel with 'id'=%d", id))
	left := o.Get("chris", fmt.Sprintf("/email_addresses/%v", address["id"])).Is(200).Object()
	if left["active"] != false || left["channel_id"] != nil {
		t.Errorf("the address of a channel that is gone: %v", left)
	}
	if got := fmt.Sprint(o.Get("chris", "/channels_email").Object()["not_used_email_address_ids"]); got != fmt.Sprintf("[%v]", address["id"]) {
		t.Errorf("not_used_email_address_ids %s", got)
	}
}

func TestAccountsThatDoNotWork(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Mail.InboundFails = &channels.SetupError{Source: channels.InboundSide, Fields: []string{"user", "password"}, Human: "Wrong password.", Err: errors.New("LOGIN failed")}
	got := o.Post("chris", "/channels_email_inbound", inbound).Is(200).Object()
	if fmt.Sprint(got["result"], got["message"], got["message_human"], got["invalid_field"]) != "invalidLOGIN failedWrong password.map[password:true user:true]" {
		t.Errorf("inbound: %v", got)
	}
	if got["settings"].(map[string]any)["password"] == "pw-in" {
		t.Errorf("the answer repeats the password: %v", got["settings"])
	}
	o.Mail.OutboundFails = &desk.InvalidError{Field: "host", Reason: "The host name is missing."}
	if got := o.Post("chris", "/channels_email_outbound", outbound).Is(200).Object(); got["result"] != "invalid" || fmt.Sprint(got["invalid_field"]) != "map[host:true]" {
		t.Errorf("outbound: %v", got)
	}
	o.Mail.VerifyFails = &channels.SetupError{Source: channels.OutboundSide, Err: errors.New("not delivered")}
	if got := o.Post("chris", "/channels_email_verify", account(`, "subject": "#1"`)).Is(200).Object(); fmt.Sprint(got["result"], got["source"], got["message"], got["subject"]) != "invalidoutboundnot delivered#1" {
		t.Errorf("verify: %v", got)
	}
	if got := len(o.Get("chris", "/channels_email").Object()["account_channel_ids"].([]any)); got != 1 {
		t.Errorf("%d accounts after a failure, want the one that was there", got)
	}
	o.Mail.ProbeFails = &channels.SetupError{Source: channels.InboundSide, Err: errors.New("nothing found")}
	o.Post("chris", "/channels_email_probe", `{"email": "a@example.com", "password": "x"}`).Is(200).Same(t, `{"result":"failed","reason":"inbound failed"}`)
	o.Mail.ProbeFails = nil
	o.Post("chris", "/channels_email_probe", `{"email": "nope", "password": "x"}`).Is(200).Same(t, `{"result":"invalid","messages":{"email":"Invalid email 'nope'."}}`)
	if got := o.Post("chris", "/channels_email_probe", `{"email": "a@example.com", "password": "x"}`).Is(200).Object(); got["result"] != "ok" || got["setting"].(map[string]any)["inbound"] == nil {
		t.Errorf("probe: %v", got)
	}
	o.Post("chris", "/channels_email_inbound", `{"adapter": "carrier pigeon"}`).Is(200).Same(t, `{"result":"failed","message":"Unknown adapter 'carrier pigeon'"}`)
	o.Post("chris", "/channels_email_outbound", `{}`).Is(200).Same(t, `{"result":"failed","message":"Unknown adapter ''"}`)
	o.Post("chris", "/channels_email_verify", strings.Replace(account(""), "imap\"", "nntp\"", 1)).Is(200).Same(t, `{"result":"failed","message":"Unknown adapter 'nntp'"}`)
	for body, want := range map[string]string{
		`{}`: "Invalid email ''",
		`{"meta": {"email": "a@x.org"}, "group_id": 1, "outbound": {}}`:    "The required parameter 'inbound' is missing.",
		strings.Replace(account(""), `"group_id": 2`, `"group_id": 99`, 1): "Invalid value for param 'group_id': 99",
		strings.Replace(account(""), `"group_id": 2`, `"x": 2`, 1):         "The required parameter 'group_id' is missing.",
	} {
		o.Post("chris", "/channels_email_verify", body).Refuses(422, want)
	}
	o.Mail.InboundFails = errors.New("out of file descriptors")
	o.Post("emma", "/channels_email_inbound", inbound).Refuses(403, "User authorization failed.")
	o.Post("chris", "/channels_email_inbound", inbound).Refuses(500, "out of file descriptors")
}

func TestNotificationsAreSentThroughOneChannel(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	config := o.Get("chris", "/channels_email").Is(200).Object()["config"].(map[string]any)
	if got := fmt.Sprint(config["notification_sender"]); !strings.HasSuffix(got, " <noreply@desk.example.com>") || strings.Contains(got, "#{") {
		t.Errorf("notification_sender %q, want the settings in it filled in", got)
	}
	active := func() string {
		return fmt.Sprint(o.Get("chris", "/channels_email").Object()["notification_channel_ids"])
	}
	o.Post("chris", "/channels_email_notification", outbound).Is(200).Same(t, `{"result":"ok"}`)
	if got := active(); got != "[1]" {
		t.Errorf("after smtp was chosen: %s, want [1]", got)
	}
	o.Post("chris", "/channels_email_notification", `{"adapter": "sendmail"}`).Is(200).Same(t, `{"result":"ok"}`)
	if got := active(); got != "[2]" {
		t.Errorf("after sendmail was chosen: %s, want [2]", got)
	}
}
