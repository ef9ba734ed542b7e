// Package e2e tests the product as its users have it: the built binary, driven over its command
// line, REST, IMAP and SMTP, with a real database, Redis, Dovecot and mail server around it.
package e2e
