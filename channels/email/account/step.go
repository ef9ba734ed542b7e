package account

import (
	"crypto/tls"
	"errors"
)

// Step is one of those that reaching a server takes: it tells what is wrong with an account.
type Step string

// Steps in their order.
const (
	Connect Step = "connect"
	Login   Step = "log in"
	Folder  Step = "open folder"
	List    Step = "list messages"
)

// StepError says at which step a server could not be reached.
type StepError struct {
	Step Step
	Err  error
}

func (e *StepError) Error() string { return string(e.Step) + ": " + e.Err.Error() }
func (e *StepError) Unwrap() error { return e.Err }

// ErrTooSlow is why a dialogue was cut.
var ErrTooSlow = errors.New("the server took too long to answer")

// TLSConfig is for a connection to a host whose certificate is to be checked or not.
func TLSConfig(host string, verify bool) *tls.Config {
	return &tls.Config{ServerName: host, InsecureSkipVerify: !verify} //nolint:gosec // the admin's choice, ssl_verify
}
