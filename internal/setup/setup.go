// Package setup makes a fresh installation ready for its first user.
//
// A database goes in that has tables and nothing else; out comes one with the records that every
// installation has, what the operator's auto wizard asks for, and somebody who can sign in. Each
// of it happens once, however many processes start at the same time. The operator's command line
// creates people, tokens and settings the same way: by name, and without a caller who may be
// refused. It knows no channel and no HTTP.
package setup
