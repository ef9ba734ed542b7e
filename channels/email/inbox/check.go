package inbox

import (
	"context"

	"postroom/channels/email/account"
)

// newestLooked is in how many messages a test mail is looked for.
const newestLooked = 100

// checked is an open mailbox, as account checks see it.
type checked interface {
	total() int                                                           // messages
	hasContent(ctx context.Context) (bool, error)                         // a mail that no wizard sent
	takeProbe(ctx context.Context, marker string) (found bool, err error) // deletes the test mail with that marker
	quit()
}

// openForCheck opens a mailbox for somebody who waits in front of a form.
func openForCheck(ctx context.Context, in Inbound) (checked, error) {
	in.limits = checkLimits
	switch in.Adapter {
	case account.POP3:
		return openMaildrop(ctx, in)
	case account.Graph:
		return openCloudCheck(ctx, in)
	}
	return openSession(ctx, in)
}

// Count returns how many messages are in a mailbox. One with nothing but the mail of account wizards
// counts as empty.
func Count(ctx context.Context, in Inbound) (messages int, err error) {
	box, err := openForCheck(ctx, in)
	if err != nil {
		return 0, err
	}
	defer box.quit()
	content, err := box.hasContent(ctx)
	if err != nil || !content {
		return 0, err
	}
	return box.total(), nil
}

// TakeProbe looks for the test mail with a marker in a mailbox, and deletes it there.
func TakeProbe(ctx context.Context, in Inbound, marker string) (bool, error) {
	box, err := openForCheck(ctx, in)
	if err != nil {
		return false, err
	}
	defer box.quit()
	return box.takeProbe(ctx, marker)
}
