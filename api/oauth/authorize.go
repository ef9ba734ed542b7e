package oauth

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/identity"
	"postroom/internal/store/signin"
)

// question is what an application wants somebody to be asked.
type question struct {
	Application identity.Application
	RedirectURI string
	State       string
	Challenge   *string // how it will prove that the code was made for it (RFC 7636); nil: not at all
	Method      *string
}

// errAsker says that nothing can be told to the application, because it is not known where it is.
type errAsker struct{ *refusal }

func (e errAsker) Unwrap() error { return e.refusal }

// questionOf reads what is to be asked. An error that is no errAsker may be told to the application.
func (s *Room) questionOf(r *http.Request, p rest.Params) (question, error) {
	q := question{RedirectURI: p.Text("redirect_uri"), State: p.Text("state")}
	if p.Blank("client_id") {
		return q, errAsker{lacks("client_id")}
	}
	var err error
	q.Application, err = s.Store.ApplicationByUID(r.Context(), p.Text("client_id"))
	if errors.Is(err, desk.ErrNotFound) {
		return q, errAsker{errClient}
	}
	if err != nil {
		return q, err
	}
	if !q.Application.MayRedirectTo(q.RedirectURI) {
		return q, errAsker{errRedirect}
	}
	switch p.Text("response_type") {
	case "code":
	case "":
		return q, lacks("response_type")
	default:
		return q, errResponseType
	}
	if _, err := scopeOf(p); err != nil {
		return q, err
	}
	return q, q.readChallenge(p)
}

func (q *question) readChallenge(p rest.Params) error {
	if p.Blank("code_challenge") {
		if !p.Blank("code_challenge_method") {
			return lacks("code_challenge")
		}
		return nil
	}
	challenge, method := p.Text("code_challenge"), p.Text("code_challenge_method")
	if method == "" {
		method = credential.ChallengePlain
	}
	if method != credential.ChallengePlain && method != credential.ChallengeS256 {
		return errMethod
	}
	if !credential.ValidChallenge(method, challenge) {
		return errRequest
	}
	q.Challenge, q.Method = &challenge, &method
	return nil
}

// askConsent shows somebody who is signed in which application wants to act for them, everybody
// else a way to sign in.
func (s *Room) askConsent(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	q, err := s.questionOf(r, p)
	if err != nil {
		return tell(w, r, q, err)
	}
	if rest.Session(r) == nil {
		return showPage(w, http.StatusOK, signInPage, page{Next: r.URL.RequestURI()})
	}
	return showPage(w, http.StatusOK, consentPage, page{
		Application: q.Application.Name, Where: where(q.RedirectURI), User: rest.Caller(r).User.Login, Params: asked(p),
	})
}

// takeConsent takes the answer to the question, which is no where a page without scripts says so.
func (s *Room) takeConsent(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	return s.answer(w, r, p, !strings.EqualFold(p.Text("_method"), http.MethodDelete))
}

func (s *Room) takeRefusal(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	return s.answer(w, r, p, false)
}

// answer tells the application what somebody decided: a code for yes.
func (s *Room) answer(w http.ResponseWriter, r *http.Request, p rest.Params, consents bool) error {
	if rest.Session(r) == nil {
		return rest.Forbidden("Authentication required")
	}
	q, err := s.questionOf(r, p)
	if err == nil && !consents {
		err = errDenied
	}
	if err != nil {
		return tell(w, r, q, err)
	}
	code := credential.NewToken()
	grant := signin.Grant{
		ApplicationID: q.Application.ID, UserID: rest.Caller(r).User.ID, RedirectURI: q.RedirectURI, Scopes: identity.ScopeFull,
		CodeChallenge: q.Challenge, CodeChallengeMethod: q.Method, ExpiresAt: s.now().Add(codeLasts),
	}
	if err := s.Store.InsertGrant(r.Context(), &grant, credential.HashToken(code)); err != nil {
		return err
	}
	return back(w, r, q, url.Values{"code": {code}})
}

// tell tells an application what is wrong with its question, or if it is not to be trusted, whoever
// followed its link.
func tell(w http.ResponseWriter, r *http.Request, q question, err error) error {
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		return err
	}
	_, unknown := errors.AsType[errAsker](err)
	if unknown || q.RedirectURI == identity.ShowCode {
		return showPage(w, refused.status, errorPage, page{Text: refused.text})
	}
	return back(w, r, q, url.Values{"error": {refused.code}, "error_description": {refused.text}})
}

// back sends a browser back to the application, or to where it is shown the code.
func back(w http.ResponseWriter, r *http.Request, q question, answer url.Values) error {
	address := q.RedirectURI
	if address == identity.ShowCode {
		address = "/oauth/authorize/native"
	}
	target, err := url.Parse(address)
	if err != nil {
		return err // it was registered, and so could be read
	}
	query := target.Query()
	for key, values := range answer {
		query[key] = values
	}
	if q.State != "" {
		query.Set("state", q.State)
	}
	target.RawQuery = query.Encode()
	noStore(w)
	http.Redirect(w, r, target.String(), http.StatusSeeOther)
	return nil
}

// showCode shows a code to be typed into a program that can't be redirected to.
func (s *Room) showCode(w http.ResponseWriter, r *http.Request) error {
	return showPage(w, http.StatusOK, codePage, page{Code: r.URL.Query().Get("code")})
}

// takeSignIn signs in whoever filled in the page, and goes back to the question.
func (s *Room) takeSignIn(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	next := p.Text("next")
	if !strings.HasPrefix(next, "/oauth/authorize?") {
		return showPage(w, http.StatusBadRequest, errorPage, page{Text: errRequest.text})
	}
	err = s.signIn(w, r, p)
	if refused, ok := errors.AsType[*rest.AnswerError](err); ok {
		return showPage(w, refused.Status, signInPage, page{Next: next, User: p.Text("username"), Text: refused.Text})
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}
