package intake

import (
	"context"
	"errors"

	"postroom/internal/desk"
)

// Process makes a received message a ticket or a follow-up, exactly once, and ends its task.
func (in *Intake) Process(ctx context.Context, id desk.InboundID, outbox desk.OutboxID) error {
	return errors.ErrUnsupported
}
