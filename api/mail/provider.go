package mail

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/channels"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/directorysync"
)

// Providers are where people sign in to let us into their mailbox. What a person can mend is a
// *desk.InvalidError or a *channels.SetupError.
type Providers interface {
	directorysync.Renewer
	// AuthorizeURL is where a person lets us in, and is sent back from with a code and with state.
	AuthorizeURL(provider string, application map[string]any, callback, state, verifier string) (string, error)
	// Exchange makes an account of the code. shared names a mailbox to be used instead of the person's.
	Exchange(ctx context.Context, provider string, application map[string]any, callback, code, verifier, shared string) (desk.LinkedAccount, error)
	// Check opens the mailbox of a channel and looks at the messages in it.
	Check(ctx context.Context, channel desk.Channel) (channels.Mailbox, error)
	// Folders lists the folders of a mailbox at Microsoft.
	Folders(ctx context.Context, channel desk.Channel) ([]desk.MailFolder, error)
}

// provider is a company that people sign in at, as clients know it.
type provider struct {
	name       string
	title      string
	area       string // of channels; empty: accounts there are none
	permission string
	path       string // of its channels
	setting    string // that keeps the one account there is; empty: accounts are no setting's
	page       string // for people, where all of that is set up
}

// connects reports whether accounts there can be connected.
func (p provider) connects() bool { return p.area != "" || p.setting != "" }

var (
	google = provider{
		name: "google", title: "Google", area: desk.AreaGoogle, permission: "admin.channel_google", path: "channels_google", page: "channels/google",
	}
	microsoft365 = provider{
		name: "microsoft365", title: "Microsoft 365", area: desk.AreaMicrosoft365, permission: "admin.channel_microsoft365",
		path: "channels_microsoft365", page: "channels/microsoft365",
	}
	microsoftGraph = provider{
		name: "microsoft_graph", title: "Microsoft Graph", area: desk.AreaMicrosoftGraph, permission: "admin.channel_microsoft_graph",
		path: "channels/admin/microsoft_graph", page: "channels/microsoft_graph",
	}

	// providers are all that clients may register an application for.
	providers = []provider{
		google, microsoft365, microsoftGraph,
		{name: "facebook", title: "Facebook", permission: "admin.channel_facebook", page: "channels/facebook"},
		{name: "twitter", title: "Twitter", permission: "admin.channel_twitter", page: "channels/twitter"},
		{
			name: directorysync.ExchangeProvider, title: "Exchange", permission: "admin.integration.exchange",
			setting: directorysync.ExchangeOAuth, page: "system/integration/exchange",
		},
	}
)

// providerPermissions are those of which everybody needs one who has to do with providers at all.
func providerPermissions() (all []string) {
	for _, p := range providers {
		all = append(all, p.permission)
	}
	return all
}

// providerNamed returns a provider, if the caller may have to do with it.
func providerNamed(r *http.Request, name string) (provider, error) {
	for _, p := range providers {
		if p.name == strings.ToLower(name) {
			return p, rest.Permitted(rest.Caller(r), []string{p.permission})
		}
	}
	return provider{}, rest.Invalid("provider", "Unknown provider '%s'", rest.Cut(name, rest.MaxName))
}

const linkWithin = 30 * time.Minute // a person may take to sign in

// linkAccount sends an administrator to a provider to sign in.
func (s *Room) linkAccount(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	at, err := providerNamed(r, r.PathValue("provider"))
	if err != nil {
		return err
	}
	app, err := s.applicationAt(r.Context(), at)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	link := desk.AccountLink{
		Provider: at.name, Verifier: credential.NewToken(), UserID: rest.Caller(r).User.ID, ExpiresAt: time.Now().Add(linkWithin),
	}
	if at.area != "" {
		if err := s.linkChannel(r.Context(), at, p, &link); err != nil {
			return err
		}
	}
	state := credential.NewToken()
	address, err := s.Providers.AuthorizeURL(at.name, app, rest.CallbackURL(catalog, at.name), state, link.Verifier)
	if err != nil {
		return err
	}
	if err := s.Store.AddAccountLink(r.Context(), credential.HashToken(state), link); err != nil {
		return err
	}
	http.Redirect(w, r, address, http.StatusFound)
	return nil
}

// linkChannel reads which mailbox a channel is to be of, and which channel is connected again.
func (s *Room) linkChannel(ctx context.Context, at provider, p rest.Params, link *desk.AccountLink) (err error) {
	link.SharedMailbox = strings.ToLower(strings.TrimSpace(p.Text("shared_mailbox")))
	if link.SharedMailbox != "" && !desk.ValidAddress(link.SharedMailbox) {
		return rest.Invalid("shared_mailbox", "Invalid email '%s'", rest.Cut(link.SharedMailbox, rest.MaxName))
	}
	if link.ChannelID, err = rest.IDIn[desk.ChannelID](p, "channel_id"); err != nil || link.ChannelID == 0 {
		return err
	}
	channel, err := s.linkedChannel(ctx, at, link.ChannelID)
	if err == nil && link.SharedMailbox == "" { // it stays what it is
		former, _ := channel.Options["inbound"].(map[string]any)
		link.SharedMailbox = side(former).text("shared_mailbox")
	}
	return err
}

// applicationAt returns the application that is registered at a provider.
func (s *Room) applicationAt(ctx context.Context, at provider) (map[string]any, error) {
	if !at.connects() {
		return nil, rest.Invalid("provider", "Accounts at %s can't be connected.", at.title)
	}
	app, err := s.Store.ExternalCredentialOf(ctx, at.name)
	if errors.Is(err, desk.ErrNotFound) {
		return nil, rest.Invalid("provider", "There is no %s app configured.", at.title)
	}
	return app.Credentials, err
}

// consentWaits is how Microsoft says that an administrator of theirs has to consent first.
const consentWaits = "AADSTS65004"

// finishLink takes an administrator back who signed in at a provider, and connects the account.
func (s *Room) finishLink(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	at, err := providerNamed(r, r.PathValue("provider"))
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	if strings.Contains(p.Text("error_description"), consentWaits) {
		http.Redirect(w, r, rest.Origin(catalog)+"/#"+at.page+"/error/"+consentWaits, http.StatusFound)
		return nil
	}
	app, err := s.applicationAt(r.Context(), at)
	if err != nil {
		return err
	}
	if refusal := p.Text("error"); refusal != "" {
		return rest.Invalid("error", "%s refuses access: %s", at.title, rest.OneLine(rest.Cut(strings.TrimSpace(refusal+" "+p.Text("error_description")), rest.MaxNote)))
	}
	if p.Blank("code") {
		return rest.Invalid("code", "The required parameter 'code' is missing.")
	}
	page := at.page
	account, err := s.account(r, at, app, rest.CallbackURL(catalog, at.name), p)
	switch {
	case err != nil:
	case at.setting != "":
		err = s.Store.PutSettingValue(r.Context(), at.setting, account.Grant.Kept(account.Auth))
	default:
		var id desk.ChannelID
		id, err = s.connect(r, at, account)
		page += "/" + rest.IDText(id)
	}
	if err != nil {
		return err
	}
	s.Changed()
	http.Redirect(w, r, rest.Origin(catalog)+"/#"+page, http.StatusFound)
	return nil
}

// account is that of whoever came back with a code.
func (s *Room) account(r *http.Request, at provider, app map[string]any, callback string, p rest.Params) (desk.LinkedAccount, error) {
	caller := rest.Caller(r).User.ID
	link, err := s.Store.TakeAccountLink(r.Context(), credential.HashToken(p.Text("state")), caller)
	if errors.Is(err, desk.ErrNotFound) || err == nil && link.Provider != at.name {
		return desk.LinkedAccount{}, rest.Invalid("state", "This was not begun here, or too long ago. Please connect the account again.")
	}
	if err != nil {
		return desk.LinkedAccount{}, err
	}
	account, err := s.Providers.Exchange(r.Context(), at.name, app, callback, p.Text("code"), link.Verifier, link.SharedMailbox)
	account.ChannelID, account.By = link.ChannelID, caller
	return account, err
}

// connect makes the account a channel.
func (s *Room) connect(r *http.Request, at provider, account desk.LinkedAccount) (desk.ChannelID, error) {
	catalog, err := s.Catalog(r)
	if err != nil {
		return 0, err
	}
	account.Realname = strings.TrimSpace(catalog.Settings.String("product_name") + " Support")
	others, err := s.Store.ChannelsIn(r.Context(), at.area)
	if err != nil {
		return 0, err
	}
	// With its usual folder. Who connects a channel again keeps what is fetched of it.
	if account.ChannelID == 0 && duplicate(account.Inbound, others, 0) {
		return 0, rest.Invalid("email", "The account %s is connected already.", account.Email)
	}
	return s.Store.ConnectAccount(r.Context(), account)
}
