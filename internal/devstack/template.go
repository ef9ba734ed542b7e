package devstack

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of database/sql for goose
	"github.com/pressly/goose/v3"

	"postroom/internal/devstack/host"
	"postroom/migrations"
)

// Names of databases in the shared server: one a test, and the templates they are copies of.
const (
	testPrefix   = "test_"
	schemaPrefix = "schema_" // kept over restarts: its name says all that is in it
	customPrefix = "custom_"
)

// schemaTemplate names the template that holds the migrated schema.
var schemaTemplate = sync.OnceValues(func() (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := migrations.Files.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	return nameOf(schemaPrefix, sum), err
})

// executable is the hash of the running test binary.
var executable = sync.OnceValues(func() ([]byte, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return sum.Sum(nil), err
})

// customTemplate names a template that code made: another binary makes another one.
func customTemplate(key string) (string, error) {
	binary, err := executable()
	sum := sha256.New()
	sum.Write(binary)
	io.WriteString(sum, key)
	return nameOf(customPrefix, sum), err
}

func nameOf(prefix string, sum hash.Hash) string {
	return prefix + hex.EncodeToString(sum.Sum(nil)[:10])
}

// migrate applies every migration.
func migrate(url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Files)
	if err != nil {
		return err
	}
	_, err = provider.Up(context.Background())
	return err
}

// ensureTemplate makes the template unless it is there. Others who need it wait meanwhile.
func (s *shared) ensureTemplate(ctx context.Context, name string, prepare func(url string) error) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx) // ends the lock as well
	var exists bool
	const known = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
	if err := conn.QueryRow(ctx, known, name).Scan(&exists); err != nil || exists {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return err
	}
	if err := conn.QueryRow(ctx, known, name).Scan(&exists); err != nil || exists {
		return err
	}
	raw := testPrefix + strings.ToLower(rand.Text())
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+quote(raw)); err != nil {
		return err
	}
	if err := prepare(s.databaseURL(raw)); err != nil {
		return errors.Join(err, s.drop(ctx, raw))
	}
	// A template that accepts connections could not be copied while somebody looks into it.
	for _, command := range []string{
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + raw + "'",
		"ALTER DATABASE " + quote(raw) + " ALLOW_CONNECTIONS false",
		"ALTER DATABASE " + quote(raw) + " RENAME TO " + quote(name),
	} {
		if _, err := conn.Exec(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// clone makes a database from a template and returns its name.
func (s *shared) clone(ctx context.Context, template string) (string, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name := testPrefix + strings.ToLower(rand.Text())
	err = host.Until(ctx, host.StartWithin, func() (bool, error) {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template))
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == "55006" {
			return false, nil // the template is in use for a moment
		}
		return err == nil, err
	})
	return name, err
}

func (s *shared) drop(ctx context.Context, name string) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)")
	return err
}

// sweep drops what earlier test runs left, and keeps the newest schema templates.
func sweep(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rows, _ := conn.Query(ctx, `
		SELECT datname
		FROM pg_database
		WHERE starts_with(datname, $1) OR starts_with(datname, $2) OR oid IN (
			SELECT oid FROM pg_database WHERE starts_with(datname, $3) ORDER BY oid DESC OFFSET 4)`,
		testPrefix, customPrefix, schemaPrefix) // its error comes out of Collect
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := conn.Exec(ctx, "DROP DATABASE "+quote(name)+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
