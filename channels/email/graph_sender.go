package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"postroom/channels"
	"postroom/channels/email/account"
	"postroom/channels/email/graph"
	"postroom/channels/email/letter"
	"postroom/internal/desk"
)

const graphOutbound = "microsoft_graph_outbound"

// graphSender sends by Microsoft's REST interface, out of the mailbox of whoever signed in, or of one
// that is shared with them.
type graphSender struct{ client *graph.Client }

func newGraphSender(base string, by *http.Client, opts account.Options, tokens account.Tokens) (*graphSender, error) {
	mailbox := strings.TrimSpace(opts.Text("shared_mailbox"))
	if mailbox == "" {
		mailbox = strings.TrimSpace(opts.Text("user"))
	}
	if mailbox == "" {
		return nil, &desk.InvalidError{Field: "user", Reason: "The user name is missing."}
	}
	return &graphSender{graph.New(base, by, mailbox, tokens)}, nil
}

// Send hands a message over.
func (s *graphSender) Send(ctx context.Context, message channels.Outbound) ([]byte, error) {
	now := time.Now()
	mail, err := letter.Compose(message, now)
	if err != nil {
		return nil, err
	}
	hidden, err := letter.Addresses("bcc", message.Bcc)
	if err != nil {
		return nil, err
	}
	// There is no envelope: who is not named in the message gets none. The server takes the line out.
	var line strings.Builder
	for i, address := range hidden {
		separator := ", "
		if i == 0 {
			separator = "Bcc: "
		}
		line.WriteString(separator + "<" + address.Address + ">")
	}
	if line.Len() > 0 {
		line.WriteString("\r\n")
	}
	rest, files := split(message, line.Len()+len(mail.Raw))
	outline := mail
	if len(files) > 0 {
		if outline, err = letter.Compose(rest, now); err != nil {
			return nil, err
		}
	}
	return mail.Raw, s.post(ctx, append([]byte(line.String()), outline.Raw...), files)
}

// split takes the largest files out of a message that is too long for one request, until the rest is
// short enough. What is signed or encrypted can't be taken apart.
func split(message channels.Outbound, size int) (rest channels.Outbound, files []channels.File) {
	if size <= graph.MaxMessage || message.Protect != nil || len(message.Attachments) == 0 {
		return message, nil
	}
	rest = message
	rest.Attachments = slices.SortedStableFunc(slices.Values(message.Attachments), func(a, b channels.File) int {
		return cmp.Compare(len(b.Data), len(a.Data))
	})
	for len(rest.Attachments) > 0 && size > graph.MaxMessage {
		file := rest.Attachments[0]
		file.Inline = file.Inline || file.ContentID != "" && strings.Contains(message.Body, "cid:"+file.ContentID)
		size -= len(file.Data) / 3 * 4 / 76 * 78 // base64 in lines
		files, rest.Attachments = append(files, file), rest.Attachments[1:]
	}
	return rest, files
}

func (s *graphSender) post(ctx context.Context, raw []byte, files []channels.File) error {
	defer s.client.Close()
	var err error
	if len(files) == 0 {
		err = s.client.Send(ctx, raw)
	} else {
		err = s.client.SendWith(ctx, raw, files)
	}
	refused, ok := errors.AsType[*graph.Error](err)
	switch {
	case !ok:
		return err
	case refused.Status == http.StatusRequestEntityTooLarge:
		return &desk.InvalidError{Field: "body", Reason: fmt.Sprintf("The message is too large for Microsoft Graph: %d bytes. Send it by SMTP.", len(raw))}
	case refused.Status == http.StatusBadRequest:
		return &desk.InvalidError{Field: "to", Reason: refused.Error()}
	}
	return err
}
