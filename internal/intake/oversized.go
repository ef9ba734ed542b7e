package intake

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/jobs/task"
	"postroom/parser"
)

// KeepApart puts a mail that is too large where people find it. fresh reports whether it was not
// there before.
type KeepApart func(raw []byte, channel desk.ChannelID, reason string) (fresh bool, err error)

// maxHead is how much of a mail is read to find out who sent it, in bytes.
const maxHead = 256 << 10

// Refuse returns what a channel calls for mail above setting postmaster_max_size: it keeps the mail
// apart and has its sender told, once. It never becomes a ticket by itself.
func (in *Intake) Refuse(keep KeepApart) func(ctx context.Context, channel desk.ChannelID, raw []byte) error {
	return func(ctx context.Context, channel desk.ChannelID, raw []byte) error {
		c, err := in.store.Catalog(ctx)
		if err != nil {
			return err
		}
		reason := fmt.Sprintf("The mail is too large: %.2f MB, the limit is %d MB.", float64(len(raw))/(1<<20), c.Settings.Int("postmaster_max_size"))
		fresh, err := keep(raw, channel, reason)
		if err != nil || !fresh {
			return err
		}
		head, err := parser.Parse(headOf(raw), parser.Options{FQDN: c.Settings.String("fqdn")})
		if err != nil || !mayTell(head, c) {
			return nil // nobody to be told
		}
		address := strings.ToLower(head.Sender.Email)
		known, err := in.store.UsersByAddress(ctx, []string{address})
		if err != nil || known[address].Undeliverable(time.Now()) {
			return err
		}
		return in.store.Announce(ctx, task.MailTooLarge{
			ChannelID: channel, To: desk.Cut(head.Sender.Email, desk.MaxReplyTo), Name: desk.Cut(clean(head.Sender.Name), maxName),
			Subject: desk.Cut(clean(oneLine(head.Subject)), desk.MaxTitle), MessageID: desk.Cut(clean(head.MessageID), desk.MaxReplyTo), Size: int64(len(raw)),
		})
	}
}

// headOf is a mail without its body.
func headOf(raw []byte) []byte {
	raw = raw[:min(len(raw), maxHead)]
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if at := bytes.Index(raw, []byte(end)); at >= 0 {
			raw = raw[:at]
		}
	}
	head := regexp.MustCompile(`(?mi)^content-(?:type|transfer-encoding):`).ReplaceAll(raw, []byte("X-Was:"))
	return append(head, "\n\n-\n"...)
}

// mayTell reports whether the sender of a refused mail gets an answer: machines and we ourselves don't.
func mayTell(head parser.Message, c *desk.Catalog) bool {
	_, ours := c.AddressOf(head.Sender.Email)
	return !head.AutoResponse && !ours && desk.ValidAddress(head.Sender.Email) && !c.NoAutoResponse(head.Sender.Email)
}
