package mail

import (
	"context"

	"postroom/channels"
)

// Wizard tries mail accounts out. Its refusals are *channels.SetupError; any other error is
// an accident.
type Wizard interface {
	// CheckInbound opens a mailbox and looks at the messages in it.
	CheckInbound(ctx context.Context, inbound map[string]any) (channels.Mailbox, error)
	// CheckOutbound sends a test message to an address that swallows it.
	CheckOutbound(ctx context.Context, outbound map[string]any, from string) error
	// Verify sends a message from an address to itself and waits until it arrives.
	Verify(ctx context.Context, inbound, outbound map[string]any, address, subject string) error
	// Probe guesses the servers of an address and returns those that work.
	Probe(ctx context.Context, address, password, folder string) (Setting, error)
}

// Setting is a mail account as Probe found it.
type Setting struct {
	Inbound  map[string]any
	Outbound map[string]any
	Mailbox  channels.Mailbox
}
