package poll_test

import (
	"strings"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/channels/email/cloudtest"
	"postroom/channels/email/grant"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/devstack"
	"postroom/internal/devstack/mailserver"
	"postroom/internal/intake"
	"postroom/jobs/poll"
)

// An account whose owner signed in is fetched with tokens that are renewed; when the consent is gone its
// status says so, and when it is back, the fetching goes on.
func TestLinkedAccountsAreFetched(t *testing.T) {
	t.Parallel()
	provider := cloudtest.Start(t)
	graph := cloudtest.StartGraph(t, provider)
	graph.AddBox(user)
	d := &desktop{url: devstack.Database(t), server: mailserver.WithTokens(t, provider.Introspection())}
	d.store = d.openStore(t)
	d.got = inbox{counts: map[string]int{}, changed: make(chan struct{}, 1)}
	if err := d.server.AddUser(user, password); err != nil {
		t.Fatal(err)
	}
	auth := map[string]any{"provider": "google", "client_id": cloudtest.ClientID, "client_secret": cloudtest.ClientSecret}
	byIMAP := d.options("")
	byIMAP["auth"] = auth
	byGraph := map[string]any{"auth": auth, "inbound": map[string]any{"adapter": "microsoft_graph_inbound", "options": map[string]any{"user": user}}}
	all := []desk.Channel{{Area: desk.AreaGoogle, Options: byIMAP}, {Area: desk.AreaMicrosoftGraph, Options: byGraph}}
	for i := range all {
		all[i].Active, all[i].UpdatedByID = true, desk.SystemUser
		if err := d.store.AddChannel(t.Context(), &all[i]); err != nil {
			t.Fatal(err)
		}
	}
	connect := func() {
		t.Helper()
		for _, channel := range all {
			access, refresh := provider.Grant(user)
			ended := time.Now().Add(-time.Minute)
			err := d.store.SaveChannelGrant(t.Context(), channel.ID, desk.AccountGrant{AccessToken: access, RefreshToken: refresh, ExpiresAt: &ended})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	accounts := email.NewAccounts(email.Options{
		Tokens: grant.NewKeeper(d.store, provider.Places(), quiet).Of, Known: d.store, GraphURL: graph.URL, Log: quiet,
	})
	t.Cleanup(accounts.Close)
	real := intake.New(d.store, blob.New(t.TempDir()), quiet).Receive
	start(t, poll.New(poll.Options{
		Store: d.store, Concurrency: 2, Log: quiet, Interval: 100 * time.Millisecond, Receive: d.got.count(real),
		Open: func(channel desk.Channel, catalog *desk.Catalog) (channels.Poller, error) {
			return accounts.Mailbox(channel, catalog, nil)
		},
	}))
	d.channel = all[0]
	statusIs := func(want, says string) {
		t.Helper()
		for _, channel := range all {
			eventually(t, channel.Area+" says "+want, func() bool {
				now, err := d.store.Channel(t.Context(), channel.ID)
				return err == nil && text(now.StatusIn) == want && strings.Contains(text(now.LastLogIn), says)
			})
		}
	}
	statusIs("error", "connect the account again")
	connect()
	d.deliver(t, 0, 3)
	for n := range 2 {
		graph.Deliver(user, "", []byte("Subject: at Microsoft "+string(rune('a'+n))+"\r\n\r\nHello\r\n"))
	}
	statusIs("ok", "")
	d.got.wait(t, 5)
	if given, _ := provider.Renewals(); given != 2 {
		t.Errorf("%d tokens were renewed, want one an account", given)
	}
}
