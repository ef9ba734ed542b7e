package desk

import (
	"errors"
	"fmt"
)

// The fates of an operation. api makes them a status, jobs a retry or an end, channels an
// acknowledgement or none.
var (
	ErrNotFound  = errors.New("not found")
	ErrForbidden = errors.New("not authorized")
	ErrConflict  = errors.New("already exists")
	// ErrUnavailable: a store we need does not answer; the same work will succeed later.
	ErrUnavailable = errors.New("unavailable")
)

// MissingError says that no record of Class has this id. It is an ErrNotFound.
type MissingError struct {
	Class string // as clients know it: Ticket, Ticket::Article, User
	ID    int64
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("Couldn't find %s with 'id'=%d", e.Class, e.ID)
}

func (e *MissingError) Is(target error) bool { return target == ErrNotFound }

// ForbiddenError says why something is not allowed. It is an ErrForbidden.
type ForbiddenError struct {
	Reason string // empty: nothing more to say
}

func (e *ForbiddenError) Error() string {
	if e.Reason == "" {
		return "Not authorized"
	}
	return "Not authorized (" + e.Reason + ")!"
}

func (e *ForbiddenError) Is(target error) bool { return target == ErrForbidden }

// InvalidError names the field that cannot be used, and why. Reason is a whole sentence as
// clients see it, because existing clients match these texts.
type InvalidError struct {
	Field  string
	Reason string
}

func (e *InvalidError) Error() string { return e.Reason }

// Blank refuses a record without something it needs. label is what clients call the field.
func Blank(field, label string) error {
	return &InvalidError{Field: field, Reason: label + " can't be blank"}
}

// ConfigError says that the installation is not set up for what was asked. It is not the asker's
// fault: clients see a server error with this text.
type ConfigError struct{ Reason string }

func (e *ConfigError) Error() string { return e.Reason }

// Permanent reports whether another attempt would end the same way.
func Permanent(err error) bool {
	_, invalid := errors.AsType[*InvalidError](err)
	return invalid || errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden)
}
