package intake

import (
	"context"
	"fmt"
	"time"

	"postroom/internal/desk"
	"postroom/internal/secmail"
	"postroom/parser"
)

// opened is a mail that was read, decrypted where we have the key, and what its encryption and its
// signature are worth.
type opened struct {
	parser.Message
	security *desk.Security // nil: neither encrypted nor signed
}

// parseWithin bounds how long one mail may be read: it harms only itself.
const parseWithin = time.Minute

// open reads a mail. An error that is desk.Permanent says that nobody can.
func (in *Intake) open(ctx context.Context, raw []byte, c *desk.Catalog) (opened, error) {
	type result struct {
		message parser.Message
		err     error
	}
	done := make(chan result, 1)
	opening := secmail.New(in.store, c.Settings, time.Now()).Open()
	options := parser.Options{
		FQDN:   c.Settings.String("fqdn"),
		OwnURL: c.Settings.String("http_type") + "://" + c.Settings.String("fqdn"),
		Open:   opening.Opener(ctx),
	}
	// Nobody can interrupt the parser, so nobody waits for one that takes too long: it ends by itself.
	go func() {
		message, err := parser.Parse(raw, options)
		done <- result{message, err}
	}()
	within := time.NewTimer(parseWithin)
	defer within.Stop()
	select {
	case r := <-done:
		if opening.Err != nil {
			return opened{}, fmt.Errorf("keys of the mail: %w", opening.Err)
		}
		if r.err != nil {
			return opened{}, &desk.InvalidError{Field: "raw", Reason: "The mail can't be read: " + r.err.Error()}
		}
		return opened{r.message, opening.Security}, nil
	case <-within.C:
		return opened{}, &desk.InvalidError{Field: "raw", Reason: "The mail can't be read within " + parseWithin.String()}
	case <-ctx.Done():
		return opened{}, ctx.Err()
	}
}
