package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"postroom/internal/desk"
)

// Translate makes a driver's error one of ours, so that no caller has to know pgx. An error that
// is already ours stays as it is.
func Translate(err error) error {
	if err == nil || errors.Is(err, desk.ErrUnavailable) {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return desk.ErrNotFound
	}
	if failure, ok := errors.AsType[*pgconn.PgError](err); ok {
		return translateCode(failure, err)
	}
	if unreachable(err) {
		return fmt.Errorf("database: %w: %w", desk.ErrUnavailable, err)
	}
	return err
}

// translateCode reads SQLSTATE (PostgreSQL manual, appendix A).
func translateCode(failure *pgconn.PgError, err error) error {
	switch {
	case failure.Code == "23505": // unique_violation
		return fmt.Errorf("%w: %s", desk.ErrConflict, failure.ConstraintName)
	case failure.Code == "23503": // foreign_key_violation
		return &desk.InvalidError{Field: failure.ConstraintName, Reason: "Can't delete, object has references."}
	case failure.Code == "23502": // not_null_violation
		return &desk.InvalidError{Field: failure.ColumnName, Reason: "Attribute '" + failure.ColumnName + "' required!"}
	case failure.Code == "2201B": // invalid_regular_expression, in a condition: package pgregex let it pass
		return &desk.InvalidError{Field: "condition", Reason: "Invalid object selector conditions"}
	case strings.HasPrefix(failure.Code, "22"), strings.HasPrefix(failure.Code, "54"): // data or limits: it will never fit
		return &desk.InvalidError{Field: failure.ColumnName, Reason: "The database can't hold this: " + failure.Message}
	case failure.Code == "40001", failure.Code == "40P01": // serialization_failure, deadlock_detected
		return fmt.Errorf("database: %w: %w", desk.ErrUnavailable, err)
	case strings.HasPrefix(failure.Code, "08"), strings.HasPrefix(failure.Code, "57P"), strings.HasPrefix(failure.Code, "53"):
		return fmt.Errorf("database: %w: %w", desk.ErrUnavailable, err)
	}
	return err
}

// unreachable reports whether the connection, not the statement, is the trouble.
func unreachable(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	_, network := errors.AsType[net.Error](err)
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	return network || connect || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool")
}
