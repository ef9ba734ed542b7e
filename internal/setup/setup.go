// Package setup makes a fresh installation ready for its first user.
//
// A database goes in that has tables and nothing else; out comes one with the records that every
// installation has, what the operator's auto wizard asks for, and somebody who can sign in. Each
// of it happens once, however many processes start at the same time.
package setup
