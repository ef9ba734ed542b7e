package oauth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store"
	"postroom/internal/store/signin"
)

const (
	codeLasts  = 10 * time.Minute
	tokenLasts = 2 * time.Hour
	// twiceWithin is how long after it was renewed a token may turn up again without somebody having
	// stolen it: programs repeat what they got no answer to.
	twiceWithin = 10 * time.Second
)

// giveToken gives a program a token for what it has to show: a code, an older token, or itself.
func (s *Room) giveToken(w http.ResponseWriter, r *http.Request) error {
	rest.AllowOtherOrigins(w.Header())
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	answer, err := s.tokenFor(r, p)
	if refused, ok := errors.AsType[*refusal](err); ok {
		return refuse(w, refused)
	}
	if err != nil {
		return err
	}
	return rest.WriteSecret(w, http.StatusOK, answer)
}

func (s *Room) tokenFor(r *http.Request, p rest.Params) (rest.Record, error) {
	if p.Blank("grant_type") {
		return nil, lacks("grant_type")
	}
	redeem, known := map[string]func(context.Context, rest.Params, identity.Application) (rest.Record, error){
		"authorization_code": s.redeemCode,
		"refresh_token":      s.redeemRefresh,
		"client_credentials": s.redeemClient,
	}[p.Text("grant_type")]
	if !known {
		return nil, errGrantType
	}
	a, err := s.client(r, p)
	if err != nil {
		return nil, err
	}
	return redeem(r.Context(), p, a)
}

// redeemCode makes a token of a code. A code that comes twice was stolen before one of the two came:
// what the first was given is ended.
func (s *Room) redeemCode(ctx context.Context, p rest.Params, a identity.Application) (answer rest.Record, err error) {
	if p.Blank("code") {
		return nil, lacks("code")
	}
	var refused error
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		grant, err := tx.LockGrant(ctx, credential.HashToken(p.Text("code")))
		if errors.Is(err, desk.ErrNotFound) {
			return errGrant
		}
		if err != nil {
			return err
		}
		if grant.UsedAt != nil {
			refused = errGrant // and not the transaction's error, which would undo the end of the tokens
			return s.revokeStolen(ctx, tx, grant.ID)
		}
		if err := s.checkGrant(grant, p, a); err != nil {
			return err
		}
		if err := tx.UseGrant(ctx, grant.ID); err != nil {
			return err
		}
		answer, err = s.issue(ctx, tx, signin.AccessToken{ApplicationID: a.ID, GrantID: &grant.ID, UserID: &grant.UserID, Scopes: grant.Scopes})
		return err
	})
	if refused != nil {
		s.ForgetCallers()
	}
	return answer, errors.Join(err, refused)
}

// revokeStolen ends what came of a consent, because a secret of it was used twice.
func (s *Room) revokeStolen(ctx context.Context, tx *store.Store, id identity.GrantID) error {
	s.Log.WarnContext(ctx, "a code or refresh token was used twice, its tokens are revoked", "grant_id", id)
	return tx.RevokeGrant(ctx, id)
}

func (s *Room) checkGrant(grant signin.Grant, p rest.Params, a identity.Application) error {
	switch {
	case grant.ApplicationID != a.ID, !s.now().Before(grant.ExpiresAt), p.Text("redirect_uri") != grant.RedirectURI:
		return errGrant
	case grant.CodeChallenge == nil:
		if !p.Blank("code_verifier") {
			return errGrant // whoever took the challenge out of the question hoped that nobody looks
		}
		return nil
	case p.Blank("code_verifier"):
		return lacks("code_verifier")
	case !credential.VerifyChallenge(*grant.CodeChallengeMethod, *grant.CodeChallenge, p.Text("code_verifier")):
		return errGrant
	}
	return nil
}

// redeemRefresh makes a new token of an old one, which ends. What renews a token works once: coming
// again it was stolen, and everything that came of the same consent is ended.
func (s *Room) redeemRefresh(ctx context.Context, p rest.Params, a identity.Application) (answer rest.Record, err error) {
	if p.Blank("refresh_token") {
		return nil, lacks("refresh_token")
	}
	if _, err := scopeOf(p); err != nil {
		return nil, err
	}
	var refused error
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		old, err := tx.LockRefreshable(ctx, credential.HashToken(p.Text("refresh_token")))
		if errors.Is(err, desk.ErrNotFound) || err == nil && old.ApplicationID != a.ID {
			return errGrant
		}
		if err != nil {
			return err
		}
		if old.RevokedAt != nil {
			refused = errGrant
			if old.GrantID == nil || s.now().Sub(*old.RevokedAt) < twiceWithin {
				return nil
			}
			return s.revokeStolen(ctx, tx, *old.GrantID)
		}
		if err := tx.RevokeAccessToken(ctx, old.ID); err != nil {
			return err
		}
		answer, err = s.issue(ctx, tx, signin.AccessToken{ApplicationID: a.ID, GrantID: old.GrantID, UserID: old.UserID, Scopes: old.Scopes})
		return err
	})
	s.ForgetCallers()
	return answer, errors.Join(err, refused)
}

// redeemClient makes a token with which an application acts for itself. Nothing here is an
// application's own, so it opens nothing; others may want to look at it.
func (s *Room) redeemClient(ctx context.Context, p rest.Params, a identity.Application) (rest.Record, error) {
	if !a.Confidential {
		return nil, errMayNot
	}
	scopes, err := scopeOf(p)
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, s.Store, signin.AccessToken{ApplicationID: a.ID, Scopes: scopes})
}

// issue stores a token and shows it, for the only time.
func (s *Room) issue(ctx context.Context, tx *store.Store, t signin.AccessToken) (rest.Record, error) {
	expires := s.now().Add(tokenLasts)
	t.ExpiresAt = &expires
	token, secrets := credential.NewToken(), signin.Secrets{}
	secrets.Token = credential.HashToken(token)
	answer := rest.Record{{"access_token", token}, {"token_type", "Bearer"}, {"expires_in", int(tokenLasts / time.Second)}}
	if t.UserID != nil {
		who, err := tx.User(ctx, *t.UserID)
		if err != nil || !who.Active {
			return nil, errors.Join(err, errGrant)
		}
		refresh := credential.NewToken()
		secrets.Refresh = credential.HashToken(refresh)
		answer.Add("refresh_token", refresh)
	}
	if err := tx.InsertAccessToken(ctx, &t, secrets); err != nil {
		return nil, err
	}
	answer.Add("scope", t.Scopes)
	answer.Add("created_at", int(t.CreatedAt.Unix()))
	return answer, nil
}
