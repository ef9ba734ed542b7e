package rest

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"time"
)

// What strangers may ask for, such as a mail to somebody, they may ask for three times a minute: from
// one address, and about one person.
const (
	askedMost   = 3
	askedWithin = time.Minute
)

// ErrTooMany turns away who asks too often.
var ErrTooMany = &AnswerError{Status: http.StatusTooManyRequests, Text: "Retry later", Plain: true}

// Throttle refuses a request with ErrTooMany when the same was asked for too often, of any process.
// what names it; whom is the person it is about, as the client wrote it, empty: nobody.
func (s *House) Throttle(r *http.Request, what, whom string) error {
	keys := [][]byte{throttleKey(what, "from", s.ClientIP(r).String())}
	if whom = strings.ToLower(strings.TrimSpace(whom)); whom != "" {
		keys = append(keys, throttleKey(what, "about", whom))
	}
	return s.atMost(r, askedMost, keys)
}

// ThrottleVisits is Throttle for what people do all day, many of them from the one address of their
// office: it lets most a minute pass from one.
func (s *House) ThrottleVisits(r *http.Request, what string, most int) error {
	return s.atMost(r, most, [][]byte{throttleKey(what, "from", s.ClientIP(r).String())})
}

func (s *House) atMost(r *http.Request, most int, keys [][]byte) error {
	n, err := s.Store.CountAttempts(r.Context(), keys, askedWithin)
	if err == nil && n > most {
		err = ErrTooMany
	}
	return err
}

func throttleKey(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}
