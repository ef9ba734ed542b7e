package idp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"

	"postroom/internal/desk"
)

// site is a provider that lets us ask, in a person's name, who that is.
type site struct {
	client *http.Client
	config oauth2.Config
	// whoIs asks the provider by a client that shows the person's token.
	whoIs func(ctx context.Context, client *http.Client) (Identity, error)
}

func (p *site) at(a Attempt) *oauth2.Config {
	config := p.config
	config.RedirectURL = a.Callback
	return &config
}

func (p *site) Begin(_ context.Context, a Attempt) (string, error) {
	return p.at(a).AuthCodeURL(a.State, oauth2.S256ChallengeOption(a.Verifier)), nil
}

func (p *site) Finish(ctx context.Context, a Attempt, brought url.Values) (Identity, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.client)
	token, err := exchange(ctx, p.at(a), brought, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Identity{}, err
	}
	client := oauth2.NewClient(ctx, oauth2.StaticTokenSource(token))
	client.CheckRedirect, client.Timeout = p.client.CheckRedirect, p.client.Timeout
	who, err := p.whoIs(ctx, client)
	if err == nil && (who.UID == "" || who.UID == "0") {
		err = fmt.Errorf("%w: its answer lacks an id", ErrRefused)
	}
	return who, err
}

// ask reads an answer of a provider.
func ask(ctx context.Context, client *http.Client, address string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("ask identity provider about a person: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: asked about the person it answers %s", ErrRefused, response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("answer of identity provider: %w", err)
	}
	return nil
}

// said is why a provider gave no token, without what was sent.
func said(err error) string {
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return cmp.Or(refusal.ErrorDescription, refusal.ErrorCode, refusal.Response.Status)
	}
	return err.Error()
}

func openGitHub(client *http.Client, places Places, c credentials) (Provider, error) {
	if err := c.needed("app_id", "app_secret"); err != nil {
		return nil, err
	}
	endpoint := oauth2.Endpoint{
		AuthURL: places.GitHub + "/login/oauth/authorize", TokenURL: places.GitHub + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}
	whoIs := func(ctx context.Context, client *http.Client) (Identity, error) {
		var person struct {
			ID    int64
			Login string
			Name  string
		}
		if err := ask(ctx, client, places.GitHubAPI+"/user", &person); err != nil {
			return Identity{}, err
		}
		var addresses []struct {
			Email             string
			Primary, Verified bool
		}
		if err := ask(ctx, client, places.GitHubAPI+"/user/emails", &addresses); err != nil {
			return Identity{}, err
		}
		who := Identity{UID: strconv.FormatInt(person.ID, 10), Username: person.Login, Firstname: person.Name}
		for _, address := range addresses {
			if address.Primary {
				who.Email, who.Verified = address.Email, address.Verified
			}
		}
		return who, nil
	}
	return &site{client, oauth2.Config{ClientID: c.text("app_id"), ClientSecret: c.text("app_secret"), Endpoint: endpoint, Scopes: []string{"user:email"}}, whoIs}, nil
}

func openGitLab(client *http.Client, c credentials) (Provider, error) {
	if err := c.needed("app_id", "app_secret"); err != nil {
		return nil, err
	}
	base := strings.TrimSuffix(strings.TrimRight(cmp.Or(c.text("site"), "https://gitlab.com"), "/"), "/api/v4")
	endpoint := oauth2.Endpoint{AuthURL: base + "/oauth/authorize", TokenURL: base + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams}
	whoIs := func(ctx context.Context, client *http.Client) (Identity, error) {
		var person struct {
			ID          int64
			Username    string
			Name        string
			Email       string
			ConfirmedAt *string `json:"confirmed_at"`
		}
		err := ask(ctx, client, base+"/api/v4/user", &person)
		return Identity{
			UID: strconv.FormatInt(person.ID, 10), Username: person.Username, Firstname: person.Name,
			Email: person.Email, Verified: person.ConfirmedAt != nil,
		}, err
	}
	return &site{client, oauth2.Config{ClientID: c.text("app_id"), ClientSecret: c.text("app_secret"), Endpoint: endpoint, Scopes: []string{"read_user"}}, whoIs}, nil
}

// Tenants of Microsoft that are nobody's own: whoever administers any tenant decides what addresses
// its people have.
var everybodysTenants = map[string]bool{"common": true, "organizations": true, "consumers": true, "9188040d-6c67-4c5b-b112-36a304b66dad": true}

func openMicrosoft(client *http.Client, places Places, c credentials) (Provider, error) {
	if err := c.needed("app_id", "app_secret"); err != nil {
		return nil, err
	}
	tenant := cmp.Or(c.text("app_tenant"), "common")
	if strings.ContainsAny(tenant, "/?#\\ ") {
		return nil, &desk.InvalidError{Field: "app_tenant", Reason: "The tenant is not valid."}
	}
	base := places.Microsoft + "/" + tenant + "/oauth2/v2.0/"
	endpoint := oauth2.Endpoint{AuthURL: base + "authorize", TokenURL: base + "token", AuthStyle: oauth2.AuthStyleInParams}
	whoIs := func(ctx context.Context, client *http.Client) (Identity, error) {
		var person struct {
			ID                string
			DisplayName       string `json:"displayName"`
			GivenName         string `json:"givenName"`
			Surname           string
			Mail              string
			UserPrincipalName string `json:"userPrincipalName"`
		}
		err := ask(ctx, client, places.Graph+"/v1.0/me", &person)
		who := Identity{
			UID: person.ID, Username: person.UserPrincipalName, Firstname: person.GivenName, Lastname: person.Surname,
			Email: cmp.Or(person.Mail, person.UserPrincipalName), Verified: !everybodysTenants[strings.ToLower(tenant)],
		}
		if who.Firstname+who.Lastname == "" {
			who.Firstname = person.DisplayName
		}
		return who, err
	}
	scopes := []string{"openid", "email", "profile", "User.Read"}
	return &site{client, oauth2.Config{ClientID: c.text("app_id"), ClientSecret: c.text("app_secret"), Endpoint: endpoint, Scopes: scopes}, whoIs}, nil
}
