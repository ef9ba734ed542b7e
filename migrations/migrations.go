// Package migrations holds the database schema as embedded goose SQL files.
//
// A file never changes once released; a change of schema is a new file.
package migrations

import "embed"

// Files holds every migration, named NNNNN_what_it_does.sql.
//
//go:embed *.sql
var Files embed.FS
