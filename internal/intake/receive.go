package intake

import (
	"context"
	"errors"

	"postroom/channels"
)

// Receive takes over messages: when it returns nil they are committed. It is a channels.Receive.
func (in *Intake) Receive(ctx context.Context, messages []channels.Inbound) error {
	return errors.ErrUnsupported
}
