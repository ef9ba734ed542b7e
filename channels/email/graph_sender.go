package email

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

func newGraphSender(base string, opts account.Options, tokens account.Tokens) (*graphSender, error) {
	mailbox := strings.TrimSpace(opts.Text("shared_mailbox"))
	if mailbox == "" {
		mailbox = strings.TrimSpace(opts.Text("user"))
	}
	if mailbox == "" {
		return nil, &desk.InvalidError{Field: "user", Reason: "The user name is missing."}
	}
	return &graphSender{graph.New(base, mailbox, tokens)}, nil
}

// Send hands a message over.
func (s *graphSender) Send(ctx context.Context, message channels.Outbound) ([]byte, error) {
	mail, err := letter.Compose(message, time.Now())
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
	return mail.Raw, s.post(ctx, append([]byte(line.String()), mail.Raw...))
}

func (s *graphSender) post(ctx context.Context, raw []byte) error {
	defer s.client.Close()
	err := s.client.Send(ctx, raw)
	refused, ok := errors.AsType[*graph.Error](err)
	switch {
	case !ok:
		return err
	case refused.Status == http.StatusRequestEntityTooLarge:
		return &desk.InvalidError{Field: "body", Reason: fmt.Sprintf("The message is too large for Microsoft Graph: %d bytes. Send large attachments by SMTP.", len(raw))}
	case refused.Status == http.StatusBadRequest:
		return &desk.InvalidError{Field: "to", Reason: refused.Error()}
	}
	return err
}
