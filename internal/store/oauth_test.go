package store_test

import (
	"errors"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store"
	"postroom/internal/store/signin"
)

func (b *base) application() identity.Application {
	b.t.Helper()
	a := identity.Application{Name: "App", UID: "uid of app", Secret: "secret of app", RedirectURI: "https://app.example.org/", Scopes: "full"}
	if err := b.InsertApplication(b.t.Context(), &a); err != nil {
		b.t.Fatal(err)
	}
	return a
}

func TestApplicationsKeepTheirSecretSealed(t *testing.T) {
	t.Parallel()
	b := open(t)
	made := b.application()
	if ask[int](b, `SELECT count(*) FROM oauth_applications a WHERE a::text LIKE '%secret of app%'`) != 0 {
		t.Error("the secret is kept in clear")
	}
	byID, errID := b.Application(t.Context(), made.ID)
	byUID, errUID := b.ApplicationByUID(t.Context(), made.UID)
	list, errList := b.Applications(t.Context())
	if err := errors.Join(errID, errUID, errList); err != nil {
		t.Fatal(err)
	}
	if byID != made || byUID != made || len(list) != 1 || list[0] != made {
		t.Errorf("found %+v, %+v and %+v, want %+v", byID, byUID, list, made)
	}
	made.Name, made.Secret = "New", "forged"
	if err := b.SaveApplication(t.Context(), &made); err != nil {
		t.Fatal(err)
	}
	if saved, err := b.LockApplication(t.Context(), made.ID); err != nil || saved.Name != "New" || saved.Secret != "secret of app" {
		t.Errorf("saved %+v, %v", saved, err)
	}
	if err := b.DeleteApplication(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"show": second(b.Application(t.Context(), made.ID)), "save": b.SaveApplication(t.Context(), &made), "delete": b.DeleteApplication(t.Context(), made.ID),
	} {
		if err == nil || err.Error() != "Couldn't find Doorkeeper::Application with 'id'=1" {
			t.Errorf("%s of a deleted one: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestTokensOfAConsentEndTogether(t *testing.T) {
	t.Parallel()
	b := open(t)
	app := b.application()
	user := desk.UserID(2)
	grant := signin.Grant{ApplicationID: app.ID, UserID: user, RedirectURI: "https://app.example.org/", Scopes: "full", ExpiresAt: time.Now().Add(time.Hour)}
	if err := b.InsertGrant(t.Context(), &grant, []byte("code")); err != nil {
		t.Fatal(err)
	}
	add := func(name string, of *identity.GrantID) signin.AccessToken {
		t.Helper()
		token := signin.AccessToken{ApplicationID: app.ID, GrantID: of, UserID: &user, Scopes: "full"}
		if err := b.InsertAccessToken(t.Context(), &token, signin.Secrets{Token: []byte(name), Refresh: []byte("refresh " + name)}); err != nil {
			t.Fatal(err)
		}
		return token
	}
	first, _ := add("first", &grant.ID), add("second", &grant.ID)
	add("other", nil)
	if found, err := b.CredentialsByAccessToken(t.Context(), []byte("first")); err != nil || found.Caller.User.ID != 2 || found.Caller.Token != nil {
		t.Errorf("first acts for %+v, %v, want user 2 without the limit of an API token", found.Caller, err)
	}
	if counts, err := b.ApplicationTokens(t.Context()); err != nil || counts[app.ID] != 3 {
		t.Errorf("tokens = %v, %v, want 3", counts, err)
	}
	if err := b.RevokeAccessToken(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.RevokeGrant(t.Context(), grant.ID); err != nil {
		t.Fatal(err)
	}
	for name, works := range map[string]bool{"first": false, "second": false, "other": true, "refresh other": false, "none": false} {
		if _, err := b.CredentialsByAccessToken(t.Context(), []byte(name)); (err == nil) != works {
			t.Errorf("%s: %v, works = %v wanted", name, err, works)
		}
	}
	byToken, errToken := b.AccessToken(t.Context(), []byte("second"))
	byRefresh, errRefresh := b.Refreshable(t.Context(), []byte("refresh second"))
	if err := errors.Join(errToken, errRefresh); err != nil || byToken.RevokedAt == nil || byRefresh.RevokedAt == nil || *byToken.GrantID != grant.ID {
		t.Errorf("second: %+v and %+v, %v, want it to be known as revoked", byToken, byRefresh, err)
	}
	if _, err := b.AccessToken(t.Context(), []byte("refresh other")); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("what renews a token is taken for one: %v", err)
	}
	if token, err := b.LockRefreshable(t.Context(), []byte("refresh other")); err != nil || token.RevokedAt != nil {
		t.Errorf("what renews other: %+v, %v", token, err)
	}
	if _, err := b.LockRefreshable(t.Context(), []byte("other")); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("a token renews itself: %v", err)
	}
}

func TestCodesOfAConsentAreUsedOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	app := b.application()
	challenge, method := "challenge", "S256"
	grant := signin.Grant{
		ApplicationID: app.ID, UserID: 2, RedirectURI: "x", Scopes: "full", CodeChallenge: &challenge, CodeChallengeMethod: &method,
		ExpiresAt: time.Now().Add(time.Hour),
	}
	if err := b.InsertGrant(t.Context(), &grant, []byte("code")); err != nil {
		t.Fatal(err)
	}
	for _, used := range []bool{false, true} {
		err := b.InTx(t.Context(), func(tx *store.Store) error {
			found, err := tx.LockGrant(t.Context(), []byte("code"))
			if err == nil && (found.ID != grant.ID || (found.UsedAt != nil) != used || *found.CodeChallenge != challenge) {
				t.Errorf("grant = %+v, used = %v wanted", found, used)
			}
			return errors.Join(err, tx.UseGrant(t.Context(), grant.ID))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.LockGrant(t.Context(), []byte("other")); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("unknown code: %v", err)
	}
}
