package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"postroom/internal/desk"
)

// Send runs queued statements in one round trip. what says what they do, for the error.
func Send(ctx context.Context, s *DB, batch *pgx.Batch, what string) error {
	if batch.Len() == 0 {
		return nil
	}
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("%s: %w", what, Translate(err))
	}
	return nil
}

// SendFresh is Send for rows that refer to what a catalog said is there. Where it is not, such as a
// group that was deleted a moment ago, another attempt with a new catalog knows better.
func SendFresh(ctx context.Context, s *DB, batch *pgx.Batch, what string) error {
	err := s.db.SendBatch(ctx, batch).Close()
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok && failure.Code == "23503" { // foreign_key_violation
		s.ForgetCatalog()
		return fmt.Errorf("%s: %w: %w", what, desk.ErrUnavailable, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, Translate(err))
	}
	return nil
}

// Announced notes that this transaction wrote work into the outbox, for the relay to be told after
// the commit; outside of a transaction it is told at once.
func Announced(s *DB) {
	if s.wrote == nil {
		s.work.announce()
		return
	}
	*s.wrote = true
}

// Missing makes of "no rows" the error that names the record that was asked for.
func Missing(class string, id int64, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &desk.MissingError{Class: class, ID: id}
	}
	return fmt.Errorf("%s %d: %w", class, id, Translate(err))
}

// readUTC lets a connection read times in UTC. The session's time zone is for the text form only:
// the binary form has none, and without this its times are those of the machine.
func readUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// Object is a JSON object for a column that must have one.
func Object(preferences map[string]any) map[string]any {
	if preferences == nil {
		return map[string]any{}
	}
	return preferences
}

// TimeOrNil is nil for the zero time, so that the database can say what its default is.
func TimeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
