package inbox

import (
	"context"
	"time"

	"postroom/channels"
	"postroom/channels/email/account"
)

// newestLooked is in how many messages a test mail is looked for.
const newestLooked = 100

// checked is an open mailbox, as account checks see it.
type checked interface {
	total() int                                                           // messages
	hasContent(ctx context.Context) (bool, error)                         // a mail that no wizard sent
	hasOld(ctx context.Context, before time.Time) (bool, error)           // a mail that was written before; false where archives can't be brought in
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

// Look counts the messages of a mailbox, and tells whether there are old ones.
func Look(ctx context.Context, in Inbound) (channels.Mailbox, error) {
	box, err := openForCheck(ctx, in)
	if err != nil {
		return channels.Mailbox{}, err
	}
	defer box.quit()
	content, err := box.hasContent(ctx)
	if err != nil || !content {
		return channels.Mailbox{}, err
	}
	old, err := box.hasOld(ctx, time.Now().UTC().AddDate(0, 0, -7*channels.ArchiveWeeks))
	return channels.Mailbox{Messages: box.total(), Old: old}, err
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
