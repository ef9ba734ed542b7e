package mail_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/channels/email"
	"postroom/channels/email/cloudtest"
	"postroom/channels/email/grant"
	"postroom/internal/desk"
	"postroom/internal/devstack/mailserver"
)

// firm is an office whose administrators know somebody at a provider.
type firm struct {
	*apitest.Office
	provider *cloudtest.Provider
	graph    *cloudtest.Graph
}

func openFirm(t *testing.T) *firm {
	t.Helper()
	f := &firm{provider: cloudtest.Start(t)}
	f.graph = cloudtest.StartGraph(t, f.provider)
	f.Office = apitest.Open(t, func(needs *api.Needs) {
		quiet := slog.New(slog.DiscardHandler)
		accounts := email.NewAccounts(email.Options{
			Tokens: grant.NewKeeper(needs.Store, f.provider.Places(), quiet).Of, GraphURL: f.graph.URL, Log: quiet,
		})
		t.Cleanup(accounts.Close)
		needs.Providers = &email.Linked{Accounts: accounts, Places: f.provider.Places()}
	})
	return f
}

// register stores the application that is known to the provider.
func (f *firm) register(provider, more string) int {
	f.T.Helper()
	body := fmt.Sprintf(`{"name": %q, "credentials": {"client_id": %q, "client_secret": %q%s}}`, provider, cloudtest.ClientID, cloudtest.ClientSecret, more)
	return f.Post("chris", "/external_credentials", body).Is(201).ID()
}

// link signs somebody in at a provider, and returns where the administrator is sent then.
func (f *firm) link(t *testing.T, provider, signsIn, query string) apitest.Answer {
	t.Helper()
	f.provider.SignIn(signsIn)
	back := cloudtest.Consent(t, f.redirect("chris", "/external_credentials/"+provider+"/link_account?"+query))
	if want := "/api/v1/external_credentials/" + provider + "/callback"; back.Host != "desk.example.com" || back.Path != want {
		t.Fatalf("sent back to %s, want desk.example.com%s", back, want)
	}
	return f.stay("chris", strings.TrimPrefix(back.Path, "/api/v1")+"?"+back.RawQuery)
}

// stay sends a request and doesn't follow where it leads.
func (f *firm) stay(who, path string) apitest.Answer {
	f.T.Helper()
	req := f.Request(http.MethodGet, "/api/v1"+path, "")
	req.Header.Set("Authorization", apitest.Basic(who, apitest.Password))
	return f.SendBy(&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, req)
}

func (f *firm) redirect(who, path string) string {
	f.T.Helper()
	got := f.stay(who, path)
	got.Is(http.StatusFound)
	return got.Header.Get("Location")
}

// connected links an account and returns its channel's id.
func (f *firm) connected(t *testing.T, provider, signsIn, query string) int {
	t.Helper()
	got := f.link(t, provider, signsIn, query)
	got.Is(http.StatusFound)
	id := 0
	if _, err := fmt.Sscanf(got.Header.Get("Location"), "https://desk.example.com/#channels/"+provider+"/%d", &id); err != nil {
		t.Fatalf("sent on to %q: %v", got.Header.Get("Location"), err)
	}
	return id
}

func (f *firm) channel(t *testing.T, id int) desk.Channel {
	t.Helper()
	channel, err := f.Store.Channel(t.Context(), desk.ChannelID(id))
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

func TestApplicationsAreRegistered(t *testing.T) {
	t.Parallel()
	f := openFirm(t)
	f.Get("chris", "/external_credentials").Is(200).Same(t, `[]`)
	id := f.register("google", "")
	one := fmt.Sprintf("/external_credentials/%d", id)
	shown := f.Get("chris", one).Is(200)
	if strings.Contains(string(shown.Body), cloudtest.ClientSecret) || shown.Object()["name"] != "google" {
		t.Errorf("shown %s, want a name and no secret", shown.Body)
	}
	f.Put("chris", one, `{"name": "twitter", "credentials": {"client_id": "another", "client_secret": "**********"}}`).Is(200)
	app, err := f.Store.ExternalCredential(t.Context(), desk.ExternalCredentialID(id))
	if err != nil || app.Name != "google" || app.Credentials["client_id"] != "another" || app.Credentials["client_secret"] != cloudtest.ClientSecret {
		t.Errorf("stored %+v (%v), want the new id and the former secret", app, err)
	}
	var stored string
	f.One(&stored, `SELECT credentials::text FROM external_credentials`)
	if strings.Contains(stored, cloudtest.ClientSecret) {
		t.Errorf("the secret is stored in clear: %s", stored)
	}
	f.Post("chris", "/external_credentials", `{"name": "google", "credentials": {"client_id": "x"}}`).Refuses(422, "This object already exists.")
	f.Post("chris", "/external_credentials", `{"name": "aol", "credentials": {"client_id": "x"}}`).Refuses(422, "Unknown provider 'aol'")
	f.Post("chris", "/external_credentials", `{"name": "twitter"}`).Refuses(422, "The required parameter 'credentials' is missing.")
	f.Post("emma", "/external_credentials", `{"name": "google"}`).Refuses(403, "User authorization failed.")

	// Somebody who may have to do with one provider has nothing to do with the others.
	f.Exec(`INSERT INTO roles (id, name, updated_by_id, created_by_id) VALUES (200, 'Windower', 1, 1)`)
	f.Exec(`INSERT INTO permissions_roles SELECT 200, id FROM permissions WHERE name = 'admin.channel_microsoft365'`)
	f.Exec(`INSERT INTO roles_users SELECT id, 200 FROM users WHERE login = 'stranger'`)
	f.Exec(`UPDATE tokens SET preferences = '{"permission": ["admin.channel_microsoft365"]}' WHERE user_id = (SELECT id FROM users WHERE login = 'stranger')`)
	f.Get("stranger", one).Refuses(403, "User authorization failed.")
	f.Post("stranger", "/external_credentials/google/app_verify", `{}`).Refuses(403, "User authorization failed.")
	f.Post("stranger", "/external_credentials", `{"name": "microsoft365", "credentials": {"client_id": "k", "client_secret": "s"}}`).Is(201)

	f.Post("chris", "/external_credentials/google/app_verify", `{"client_id": "a", "client_secret": "b"}`).Is(200).Same(t, `{"attributes":{"client_id":"a","client_secret":"b"}}`)
	f.Post("chris", "/external_credentials/microsoft_graph/app_verify", `{"client_secret": "b"}`).Is(200).Same(t, `{"error":"The required parameter 'client_id' is missing."}`)
	f.Post("chris", "/external_credentials/microsoft_graph/app_verify", `{"client_id": "a", "client_secret": "b", "client_tenant": "../x"}`).Is(200).Same(t, `{"error":"The tenant is not valid."}`)
	f.Post("chris", "/external_credentials/twitter/app_verify", `{"consumer_key": "a"}`).Is(200).Same(t, `{"error":"Accounts at Twitter can't be connected."}`)
	f.Del("chris", one).Is(200).Same(t, `{}`)
	f.Get("chris", one).Refuses(404, fmt.Sprintf("Couldn't find ExternalCredential with 'id'=%d", id))
}

func TestAccountIsConnectedBySigningIn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ provider, path, more, host, area string }{
		{"google", "/channels_google", "", "imap.gmail.com", desk.AreaGoogle},
		{"microsoft365", "/channels_microsoft365", `, "client_tenant": "contoso"`, "outlook.office365.com", desk.AreaMicrosoft365},
		{"microsoft_graph", "/channels/admin/microsoft_graph", "", "", desk.AreaMicrosoftGraph},
	} {
		t.Run(tc.provider, func(t *testing.T) {
			t.Parallel()
			f := openFirm(t)
			appID := f.register(tc.provider, tc.more)
			id := f.connected(t, tc.provider, "Info@Contoso.example.com", "")
			channel := f.channel(t, id)
			inbound := channel.Options["inbound"].(map[string]any)["options"].(map[string]any)
			host, _ := inbound["host"].(string)
			if channel.Area != tc.area || channel.Active || *channel.GroupID != 1 || inbound["user"] != "info@contoso.example.com" || host != tc.host {
				t.Errorf("channel %+v, want an inactive one of %s with %s", channel, tc.area, tc.host)
			}
			list := f.Get("chris", tc.path).Is(200)
			if body := string(list.Body); strings.Contains(body, cloudtest.ClientSecret) || strings.Contains(body, "access-") || strings.Contains(body, "refresh-") {
				t.Errorf("secrets are shown: %s", body)
			}
			got := list.Object()
			if fmt.Sprint(got["channel_ids"], got["external_credential_ids"], got["not_used_email_address_ids"]) != fmt.Sprintf("[%d] [%d] []", id, appID) {
				t.Errorf("list %v", got)
			}
			if want := "https://desk.example.com/api/v1/external_credentials/" + tc.provider + "/callback"; got["callback_url"] != want {
				t.Errorf("callback_url %v, want %s", got["callback_url"], want)
			}
			var addressed string
			f.One(&addressed, fmt.Sprintf(`SELECT name || ' ' || email FROM email_addresses WHERE channel_id = %d AND active`, id))
			if !strings.HasSuffix(addressed, " Support info@contoso.example.com") {
				t.Errorf("address %q", addressed)
			}
			var stored string
			f.One(&stored, `SELECT access_token || refresh_token || (SELECT string_agg(options::text, '') FROM channels) FROM channel_grants`)
			if strings.Contains(stored, "access-") || strings.Contains(stored, "refresh-") || strings.Contains(stored, cloudtest.ClientSecret) {
				t.Errorf("secrets are stored in clear: %s", stored)
			}

			// The same account is not connected twice, but again.
			f.link(t, tc.provider, "info@contoso.example.com", "").Refuses(422, "The account info@contoso.example.com is connected already.")
			before, _ := f.Store.ChannelGrant(t.Context(), desk.ChannelID(id))
			if again := f.connected(t, tc.provider, "info@contoso.example.com", fmt.Sprintf("channel_id=%d", id)); again != id {
				t.Errorf("connected again as channel %d, want %d", again, id)
			}
			if after, _ := f.Store.ChannelGrant(t.Context(), desk.ChannelID(id)); after.RefreshToken == before.RefreshToken {
				t.Error("connected again with the former tokens")
			}
		})
	}
}

func TestExchangeIsReachedBySigningIn(t *testing.T) {
	t.Parallel()
	f := openFirm(t)
	f.stay("chris", "/external_credentials/exchange/link_account").Refuses(422, "There is no Exchange app configured.")
	appID := f.register("exchange", `, "client_tenant": "contoso"`)
	const index = "/integration/exchange/index"
	if got := f.Get("chris", index).Is(200).Object(); fmt.Sprint(got["external_credential_ids"], got["oauth"]) != fmt.Sprintf("[%d] map[]", appID) {
		t.Errorf("before anybody signed in: %v", got)
	}
	if got, want := f.link(t, "exchange", "Rooms@Contoso.example.com", "").Is(http.StatusFound).Header.Get("Location"), "https://desk.example.com/#system/integration/exchange"; got != want {
		t.Errorf("sent on to %q, want %q", got, want)
	}
	kept := func() map[string]any {
		t.Helper()
		f.Store.ForgetCatalog()
		catalog, err := f.Store.Catalog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var kept map[string]any
		catalog.Settings.Into("exchange_oauth", &kept)
		return kept
	}
	first := kept()
	if owner := f.provider.Owner(fmt.Sprint(first["access_token"])); owner != "Rooms@Contoso.example.com" || first["client_tenant"] != "contoso" || first["expires_at"] == nil {
		t.Errorf("kept %v, want an access token of Rooms@Contoso.example.com, not of %q", first, owner)
	}
	var stored string
	f.One(&stored, `SELECT state_current::text FROM settings WHERE name = 'exchange_oauth'`)
	shown := string(f.Get("chris", index).Is(200).Body)
	for _, text := range []string{stored, shown} {
		if strings.Contains(text, "access-") || strings.Contains(text, "refresh-") || strings.Contains(text, cloudtest.ClientSecret) {
			t.Errorf("secrets are in clear: %s", text)
		}
	}

	// The mailbox is asked with a token that lasts: before its end it is another one.
	f.mailboxAsks(t, fmt.Sprint(first["access_token"]))
	f.Exec(`UPDATE settings SET state_current = jsonb_set(state_current, '{value,expires_at}', to_jsonb(now() + interval '2 minutes')) WHERE name = 'exchange_oauth'`)
	f.provider.Break(http.StatusBadGateway, "away")
	f.mailboxAsks(t, fmt.Sprint(first["access_token"]))
	f.provider.Refuse(0, "", "")
	f.mailboxAsks(t, "")
	second := kept()
	if second["access_token"] == first["access_token"] || second["refresh_token"] != first["refresh_token"] || second["client_tenant"] != "contoso" {
		t.Errorf("kept %v, want another access token than that of %v", second, first)
	}
	f.mailboxAsks(t, fmt.Sprint(second["access_token"]))

	f.provider.Revoke()
	f.Exec(`UPDATE settings SET state_current = jsonb_set(state_current, '{value,expires_at}', to_jsonb(now() - interval '1 minute')) WHERE name = 'exchange_oauth'`)
	got := f.Post("chris", "/integration/exchange/folders", `{"auth_type": "oauth", "endpoint": "http://127.0.0.1:1/"}`).Is(200).Object()
	if want := "Exchange refuses access: invalid_grant (Token has been expired or revoked.). Connect the account again."; got["message"] != want {
		t.Errorf("folders without consent: %v, want %s", got, want)
	}
	const waits = "/external_credentials/exchange/callback?error=access_denied&error_description=AADSTS65004%3A+User+declined"
	if got := f.redirect("chris", waits); got != "https://desk.example.com/#system/integration/exchange/error/AADSTS65004" {
		t.Errorf("sent on to %s", got)
	}
}

// mailboxAsks looks for folders in a mailbox at Exchange, and fails if it is not asked with this token;
// empty: with one that the provider gave.
func (f *firm) mailboxAsks(t *testing.T, want string) {
	t.Helper()
	asked := make(chan string, 1)
	mailbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		_, _ = io.WriteString(w, "<Envelope><Body/></Envelope>")
	}))
	defer mailbox.Close()
	body := fmt.Sprintf(`{"auth_type": "oauth", "endpoint": %q}`, mailbox.URL)
	if got := f.Post("chris", "/integration/exchange/folders", body).Is(200).Object(); got["result"] != "ok" {
		t.Fatalf("folders: %v", got)
	}
	if got := <-asked; want != "" && got != want || f.provider.Owner(got) == "" {
		t.Errorf("the mailbox is asked with token %q, want %q", got, want)
	}
}

func TestLinkedChannelIsSetUp(t *testing.T) {
	t.Parallel()
	f := openFirm(t)
	mail := mailserver.WithTokens(t, f.provider.Introspection())
	const address = "info@example.com"
	if err := mail.AddUser(address, "unused"); err != nil {
		t.Fatal(err)
	}
	f.register("google", "")
	id := f.connected(t, "google", address, "")
	// The real host is not to be had here: only what leads there is changed.
	f.Exec(fmt.Sprintf(`UPDATE channels SET options = jsonb_set(options, '{inbound,options}', options #> '{inbound,options}' || '{"host": %q, "port": %d, "ssl_verify": false}') WHERE id = %d`,
		mail.Host(), mail.IMAPSPort, id))
	if err := mail.Deliver(address, []byte("Subject: hello\r\n\r\nbody\r\n")); err != nil {
		t.Fatal(err)
	}
	inbound, verify := fmt.Sprintf("/channels_google_inbound/%d", id), fmt.Sprintf("/channels_google_verify/%d", id)
	f.Post("chris", inbound, `{"group_id": 2, "options": {"folder": "INBOX", "keep_on_server": true}}`).Is(200).
		Same(t, `{"result":"ok","content_messages":1,"archive_possible":false,"archive_possible_is_fallback":false,"archive_week_range":2}`)
	f.Post("chris", inbound, `{"options": {"folder": "Nowhere"}}`).Refuses(422, "The folder can't be opened. Does it exist?")
	f.Post("chris", verify, `{"group_id": 2, "active": true, "options": {"folder": "INBOX", "keep_on_server": true}}`).Is(200).Same(t, `{}`)
	channel := f.channel(t, id)
	options := channel.Options["inbound"].(map[string]any)["options"].(map[string]any)
	if !channel.Active || *channel.GroupID != 2 || options["folder"] != "INBOX" || options["keep_on_server"] != true || options["host"] != mail.Host() {
		t.Errorf("channel %+v", channel)
	}
	which := fmt.Sprintf(`{"id": %d}`, id)
	if got := f.Post("chris", "/channels_google_disable", which).Is(200).Object(); got["active"] != false || got["id"] != float64(id) {
		t.Errorf("disabled: %v", got)
	}
	if got := f.Post("chris", "/channels_google_enable", which).Is(200).Object(); got["active"] != true {
		t.Errorf("enabled: %v", got)
	}
	f.Post("chris", fmt.Sprintf("/channels_google_group/%d", id), `{"group_id": 3}`).Is(200).Same(t, `{}`)
	if channel := f.channel(t, id); *channel.GroupID != 3 {
		t.Errorf("group %d, want 3", *channel.GroupID)
	}
	f.Post("chris", "/channels_google_rollback_migration", which).Refuses(422, "Failed to find backup on channel!")
	f.Post("chris", "/channels_google_enable", `{"id": 7}`).Refuses(404, "Couldn't find Channel with 'id'=7")
	f.Post("chris", "/channels_microsoft365_enable", which).Refuses(404, fmt.Sprintf("Couldn't find Channel with 'id'=%d", id))

	// Whoever takes the consent back ends the fetching; it says so.
	f.provider.Revoke()
	f.Exec(`UPDATE channel_grants SET expires_at = now() - interval '1 minute'`)
	f.Post("chris", inbound, `{}`).Refuses(422, "log in: Google refuses access: invalid_grant (Token has been expired or revoked.). Connect the account again.")
	f.Ask("chris", "DELETE", "/channels_google", which).Is(200).Same(t, `{}`)
	for what, sql := range map[string]string{
		"channels": fmt.Sprintf(`SELECT count(*)::text FROM channels WHERE id = %d`, id), "grants": `SELECT count(*)::text FROM channel_grants`,
		"addresses": `SELECT count(*)::text FROM email_addresses WHERE email = 'info@example.com'`,
	} {
		var left string
		if f.One(&left, sql); left != "0" {
			t.Errorf("%s %s are left", left, what)
		}
	}
}

func TestPasswordAccountIsMigratedAndRolledBack(t *testing.T) {
	t.Parallel()
	f := openFirm(t)
	f.register("google", "")
	old := desk.Channel{Area: desk.AreaEmailAccount, Active: true, Options: map[string]any{
		"inbound":  map[string]any{"adapter": "imap", "options": map[string]any{"host": "IMAP.gmail.com", "user": "Info@example.com", "password": "old secret", "folder": "Help", "keep_on_server": true}},
		"outbound": map[string]any{"adapter": "smtp", "options": map[string]any{"host": "smtp.gmail.com", "password": "old secret"}},
	}, Stamp: desk.Stamp{UpdatedByID: desk.SystemUser}}
	if err := f.Store.AddChannel(t.Context(), &old); err != nil {
		t.Fatal(err)
	}
	id := f.connected(t, "google", "info@example.com", "")
	channel := f.channel(t, id)
	options := channel.Options["inbound"].(map[string]any)["options"].(map[string]any)
	if desk.ChannelID(id) != old.ID || channel.Area != desk.AreaGoogle || !channel.Active || options["folder"] != "Help" || options["keep_on_server"] != true || options["auth_type"] != "XOAUTH2" {
		t.Errorf("channel %+v, want the former one, connected by signing in", channel)
	}
	var stored string
	f.One(&stored, fmt.Sprintf(`SELECT options::text FROM channels WHERE id = %d`, id))
	if strings.Contains(stored, "old secret") {
		t.Errorf("the backup keeps passwords in clear: %s", stored)
	}
	f.Post("chris", "/channels_google_rollback_migration", fmt.Sprintf(`{"id": %d}`, id)).Is(200).Same(t, `{}`)
	channel = f.channel(t, id)
	if channel.Area != desk.AreaEmailAccount || fmt.Sprint(channel.Options) != fmt.Sprint(old.Options) {
		t.Errorf("channel %+v, want %+v", channel, old)
	}
	var grants string
	if f.One(&grants, `SELECT count(*)::text FROM channel_grants`); grants != "0" {
		t.Errorf("%s grants are left", grants)
	}
}

func TestWhatGoesWrongWhileSigningIn(t *testing.T) {
	t.Parallel()
	f := openFirm(t)
	f.stay("chris", "/external_credentials/google/link_account").Refuses(422, "There is no Google app configured.")
	f.stay("chris", "/external_credentials/google/callback?code=x").Refuses(422, "There is no Google app configured.")
	f.stay("chris", "/external_credentials/twitter/link_account").Refuses(422, "Accounts at Twitter can't be connected.")
	f.register("google", "")
	f.register("microsoft365", "")
	f.stay("chris", "/external_credentials/google/callback").Refuses(422, "The required parameter 'code' is missing.")
	f.stay("chris", "/external_credentials/google/callback?error=access_denied&error_description=no%0athanks").Refuses(422, "Google refuses access: access_denied no thanks")
	f.stay("chris", "/external_credentials/google/callback?code=x&state=made-up").Refuses(422, "This was not begun here, or too long ago. Please connect the account again.")
	f.stay("chris", "/external_credentials/google/link_account?channel_id=7").Refuses(404, "Couldn't find Channel with 'id'=7")
	f.stay("chris", "/external_credentials/google/link_account?shared_mailbox=x").Refuses(422, "Invalid email 'x'")
	f.stay("emma", "/external_credentials/google/link_account").Refuses(403, "User authorization failed.")
	const waits = "/external_credentials/microsoft365/callback?error=access_denied&error_description=AADSTS65004%3A+User+declined"
	if got := f.redirect("chris", waits); got != "https://desk.example.com/#channels/microsoft365/error/AADSTS65004" {
		t.Errorf("sent on to %s", got)
	}
	begin := func() *url.URL {
		return cloudtest.Consent(t, f.redirect("chris", "/external_credentials/google/link_account"))
	}
	path := func(u *url.URL) string { return strings.TrimPrefix(u.Path, "/api/v1") + "?" + u.RawQuery }
	// Somebody else's way back, and the way back of another provider, lead nowhere.
	back := begin()
	f.stay("boss", path(back)).Refuses(422, "This was not begun here, or too long ago. Please connect the account again.")
	f.stay("chris", strings.Replace(path(back), "google", "microsoft365", 1)).Refuses(422, "This was not begun here, or too long ago. Please connect the account again.")
	// A way back is good for one time, and not for ever.
	back = begin()
	f.stay("chris", path(back)).Is(http.StatusFound)
	f.stay("chris", path(back)).Refuses(422, "This was not begun here, or too long ago. Please connect the account again.")
	back = begin()
	f.Exec(`UPDATE account_links SET expires_at = now() - interval '1 minute'`)
	f.stay("chris", path(back)).Refuses(422, "This was not begun here, or too long ago. Please connect the account again.")
	back = begin()
	f.provider.Refuse(http.StatusBadRequest, "invalid_grant", "Malformed auth code.")
	f.stay("chris", path(back)).Refuses(422, "Google refuses access: invalid_grant (Malformed auth code.). Connect the account again.")
}

func TestSharedMailboxAtMicrosoft(t *testing.T) {
	t.Parallel()
	f := openFirm(t)
	const me, team = "me@example.com", "team@example.com"
	f.graph.AddBox(me)
	f.graph.AddBox(team, me)
	parent := f.graph.AddFolder(team, "Customers", "")
	folder := f.graph.AddFolder(team, "New", parent)
	f.graph.Deliver(team, folder, []byte("Subject: hello\r\n\r\nbody\r\n"))
	f.register("microsoft_graph", "")
	id := f.connected(t, "microsoft_graph", me, "shared_mailbox="+url.QueryEscape(" Team@example.com"))
	base := "/channels/admin/microsoft_graph"
	got := f.Get("chris", fmt.Sprintf("%s/%d/folders", base, id)).Is(200).Object()
	if text := fmt.Sprint(got["folders"]); !strings.Contains(text, "Posteingang") || !strings.Contains(text, "childFolders:[map[childFolders:[] displayName:New id:"+folder+"]] displayName:Customers") {
		t.Errorf("folders %s", text)
	}
	body := fmt.Sprintf(`{"group_id": 2, "active": true, "options": {"folder_id": %q, "keep_on_server": false}}`, folder)
	f.Post("chris", fmt.Sprintf("%s/inbound/%d", base, id), body).Is(200).Same(t, `{"result":"ok","content_messages":1,"archive_possible":false,"archive_possible_is_fallback":false,"archive_week_range":2}`)
	f.Post("chris", fmt.Sprintf("%s/verify/%d", base, id), body).Is(200).Same(t, `{}`)
	channel := f.channel(t, id)
	options := channel.Options["inbound"].(map[string]any)["options"].(map[string]any)
	if !channel.Active || options["folder_id"] != folder || options["shared_mailbox"] != team || options["user"] != me {
		t.Errorf("channel %+v", channel)
	}
	var address string
	if f.One(&address, fmt.Sprintf(`SELECT email FROM email_addresses WHERE channel_id = %d`, id)); address != team {
		t.Errorf("address %s, want that of the shared mailbox", address)
	}
	if got := f.Post("chris", fmt.Sprintf("%s/%d/disable", base, id), "").Is(200).Object(); got["active"] != false {
		t.Errorf("disabled: %v", got)
	}
	f.Post("chris", fmt.Sprintf("%s/%d/enable", base, id), "").Is(200)
	f.Post("chris", fmt.Sprintf("%s/group/%d", base, id), `{"group_id": 1}`).Is(200)
	// Connected again it stays the shared one.
	if again := f.connected(t, "microsoft_graph", me, fmt.Sprintf("channel_id=%d", id)); again != id {
		t.Errorf("connected again as %d", again)
	}
	if options := f.channel(t, id).Options["inbound"].(map[string]any)["options"].(map[string]any); options["shared_mailbox"] != team || options["folder_id"] != folder {
		t.Errorf("connected again: %v", options)
	}
	f.provider.Revoke()
	f.Exec(`UPDATE channel_grants SET expires_at = now() - interval '1 minute'`)
	refused := f.Get("chris", fmt.Sprintf("%s/%d/folders", base, id)).Is(200).Object()
	if !strings.Contains(fmt.Sprint(refused["error"]), "invalid_grant") {
		t.Errorf("folders without consent: %v", refused)
	}
	f.Del("chris", fmt.Sprintf("%s/%d", base, id)).Is(200).Same(t, `{}`)
}
