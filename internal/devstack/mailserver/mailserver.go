// Package mailserver is the other side of a test about mail: Dovecot for IMAP and POP3, Exim for
// SMTP, a proxy that breaks connections.
//
// Where one of them is not installed, the test that asks for it is left out, but not in CI.
package mailserver
