package oauth

import (
	"net/http"

	"postroom/api/rest"
)

// refusal is an error that programs tell apart by its code (RFC 6749, 5.2).
type refusal struct {
	status int
	code   string
	text   string
}

func (e *refusal) Error() string { return e.code + ": " + e.text }

// What programs are told. Existing ones show these texts.
var (
	errRequest = &refusal{http.StatusBadRequest, "invalid_request",
		"The request is missing a required parameter, includes an unsupported parameter value, or is otherwise malformed."}
	errRedirect = &refusal{http.StatusBadRequest, "invalid_redirect_uri",
		"The requested redirect uri is malformed or doesn't match client redirect URI."}
	errClient = &refusal{http.StatusUnauthorized, "invalid_client",
		"Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."}
	errGrant = &refusal{http.StatusBadRequest, "invalid_grant",
		"The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client."}
	errScope        = &refusal{http.StatusBadRequest, "invalid_scope", "The requested scope is invalid, unknown, or malformed."}
	errMethod       = &refusal{http.StatusBadRequest, "invalid_code_challenge_method", "The code challenge method must be plain or S256."}
	errResponseType = &refusal{http.StatusBadRequest, "unsupported_response_type", "The authorization server does not support this response type."}
	errGrantType    = &refusal{http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server."}
	errMayNot       = &refusal{http.StatusBadRequest, "unauthorized_client", "The client is not authorized to perform this request using this method."}
	errDenied       = &refusal{http.StatusForbidden, "access_denied", "The resource owner or authorization server denied the request."}
	errNotToRevoke  = &refusal{http.StatusForbidden, "unauthorized_client", "You are not authorized to revoke this token"}
	errTokenInvalid = &refusal{http.StatusUnauthorized, "invalid_token", "The access token is invalid"}
	errTokenExpired = &refusal{http.StatusUnauthorized, "invalid_token", "The access token expired"}
	errTokenRevoked = &refusal{http.StatusUnauthorized, "invalid_token", "The access token was revoked"}
)

func lacks(parameter string) *refusal {
	return &refusal{http.StatusBadRequest, "invalid_request", "Missing required parameter: " + parameter + "."}
}

// refuse tells a program why not.
func refuse(w http.ResponseWriter, e *refusal) error {
	if e.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="Postroom", error="`+e.code+`", error_description="`+e.text+`"`)
	}
	return rest.WriteSecret(w, e.status, rest.Record{{"error", e.code}, {"error_description", e.text}})
}
