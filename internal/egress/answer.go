package egress

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Do sends a request. Its errors don't show the address: there may be a token in it.
func Do(client *http.Client, req *http.Request) (*http.Response, error) {
	resp, err := client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return resp, err
}

// Answer is what came back, read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Long   bool // there was more than was to be read
}

// Ask is Do for an answer of so many bytes at most, which is read.
func Ask(client *http.Client, req *http.Request, limit int64) (Answer, error) {
	resp, err := Do(client, req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	long := int64(len(body)) > limit
	if long {
		body = body[:limit]
	}
	return Answer{resp.StatusCode, resp.Header, body, long}, err
}

// longestPause is as long as anybody's wish to be left alone is heard.
const longestPause = time.Hour

// Pause is for how long the other side wants to be left alone; one that doesn't say so is given otherwise.
func (a Answer) Pause(otherwise time.Duration) time.Duration {
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || seconds < 1 {
		return otherwise
	}
	return min(time.Duration(seconds)*time.Second, longestPause)
}
