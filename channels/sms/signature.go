package sms

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/twilio/twilio-go/client"
)

// Genuine reports whether a request is the gateway's, as far as the gateway signs and we know its key.
// address is the one that the gateway called.
func Genuine(o Options, r *http.Request, address string, body []byte, now time.Time) bool {
	switch {
	case o.Adapter == Twilio && o.Token != "":
		validator := client.NewRequestValidator(o.Token)
		return validator.ValidateBody(address, body, r.Header.Get("X-Twilio-Signature"))
	case o.Adapter == MessageBird && o.SigningKey != "":
		return signedByMessageBird(o.SigningKey, r.Header.Get("MessageBird-Signature-JWT"), address, body, now)
	}
	return true
}

// signedByMessageBird checks a signature of MessageBird: a JWT with the hashes of address and body.
// https://developers.messagebird.com/api/#verifying-http-requests
func signedByMessageBird(key, signature, address string, body []byte, now time.Time) bool {
	token, err := jwt.ParseSigned(signature, []jose.SignatureAlgorithm{jose.HS256, jose.HS384, jose.HS512})
	if err != nil {
		return false
	}
	var claims jwt.Claims
	var hashes struct {
		URL     string `json:"url_hash"`
		Payload string `json:"payload_hash"`
	}
	if err := token.Claims([]byte(key), &claims, &hashes); err != nil {
		return false
	}
	if claims.ValidateWithLeeway(jwt.Expected{Issuer: "MessageBird", Time: now}, time.Second) != nil || !is(hashes.URL, []byte(address)) {
		return false
	}
	return len(body) == 0 && hashes.Payload == "" || is(hashes.Payload, body)
}

func is(hash string, of []byte) bool {
	sum := sha256.Sum256(of)
	return subtle.ConstantTimeCompare([]byte(hash), []byte(hex.EncodeToString(sum[:]))) == 1
}
