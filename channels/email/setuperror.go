package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"os"
	"syscall"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/channels/email/inbox"
)

// setupError tells a person what is wrong with an account, and where to look.
func setupError(side, host string, err error) error {
	setup := &channels.SetupError{Source: side, Err: err}
	setup.Fields, setup.Human = explain(host, err)
	return setup
}

// explain finds the fields that an error is about, and a sentence about it.
func explain(host string, err error) (fields []string, human string) {
	if sentence := unreachable(host, err); sentence != "" {
		return []string{"host"}, sentence
	}
	at, _ := errors.AsType[*account.StepError](err)
	if at == nil {
		return nil, ""
	}
	switch at.Step {
	case account.Login:
		if answered(err) {
			return []string{"user", "password"}, "Authentication failed."
		}
	case account.Folder:
		if answered(err) {
			return []string{"folder"}, "The folder can't be opened. Does it exist?"
		}
	case account.Connect:
		return []string{"host"}, "The server doesn't speak as expected. Are port and encryption right?"
	}
	return nil, ""
}

// unreachable returns a sentence about a connection that did not come about, or nothing.
func unreachable(host string, err error) string {
	name, _ := errors.AsType[*net.DNSError](err)
	timeout, _ := errors.AsType[net.Error](err)
	_, badName := errors.AsType[x509.HostnameError](err)
	_, badIssuer := errors.AsType[x509.UnknownAuthorityError](err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case name != nil:
		return "The host name '" + host + "' is not known."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "The server refuses connections at this port."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "There is no way to this server."
	case errors.Is(err, account.ErrTooSlow), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		timeout != nil && timeout.Timeout():
		return "The server doesn't answer."
	case badName, badIssuer, badCertificate:
		return "The server's certificate can't be trusted."
	case noTLS:
		return "The server doesn't speak TLS at this port."
	}
	return ""
}

// answered reports whether the server itself said no.
func answered(err error) bool {
	_, bySMTP := errors.AsType[*textproto.Error](err)
	return bySMTP || inbox.Refused(err)
}
