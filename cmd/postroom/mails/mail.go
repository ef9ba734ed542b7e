// Package mails holds the verbs about single mails: how they are taken in, what would become of them, and those
// that could not be processed.
package mails

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/cmd/postroom/cli"
	"postroom/internal/intake"
)

// mailMost is more than any mail server lets through; a bigger one is no mail.
const mailMost = 256 << 20 // bytes

// Command is the family of verbs about mail on its way in.
func Command(p *cli.Program) *cobra.Command {
	return cli.Family("mail", "Take in mail, or look what would become of it or what came", ingestCommand(p), checkCommand(p), showCommand(p))
}

func ingestCommand(p *cli.Program) *cobra.Command {
	var group string
	var trusted bool
	cmd := &cobra.Command{
		Use:   "ingest",
		Short: "Take in one mail from standard input, as a mail server's pipe delivers it",
		Long: `Takes in one mail from standard input. It is committed when the command ends with 0; the workers
make a ticket of it. The same mail twice is taken in once. Exit statuses are those of sysexits.h:

  0   taken in
  64  wrong use of this command: the mail server should tell its administrator
  65  not a mail
  75  try again later, such as while the database is away: the mail is not lost`,
		Example: `  postroom mail ingest < mail.eml

  # Postfix, master.cf; then in main.cf: mailbox_transport = postroom
  postroom unix - n n - 4 pipe
    flags=R user=postroom argv=/usr/local/bin/postroom mail ingest --group Users`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ingest(cmd.Context(), p, group, trusted)
		},
	}
	cmd.Flags().StringVar(&group, "group", "", "name of the group that gets new tickets; otherwise the address decides")
	cmd.Flags().BoolVar(&trusted, "trusted", false, "let X-Zammad-… headers of the mail steer the ticket")
	return cmd
}

func ingest(ctx context.Context, p *cli.Program, group string, trusted bool) error {
	raw, err := io.ReadAll(io.LimitReader(p.In, mailMost+1))
	if err != nil {
		return &cli.ExitError{Status: cli.ExitTempFail, Err: fmt.Errorf("read the mail: %w", err)}
	}
	if len(raw) == 0 {
		return &cli.ExitError{Status: cli.ExitData, Err: errors.New("there is no mail on standard input")}
	}
	if len(raw) > mailMost {
		return &cli.ExitError{Status: cli.ExitData, Err: fmt.Errorf("the mail is larger than %d MB", mailMost>>20)}
	}
	// Whatever goes wrong from here on may be mended before the mail server gives up.
	h, err := p.Open(ctx)
	if err != nil {
		return &cli.ExitError{Status: cli.ExitTempFail, Err: err}
	}
	defer h.Close()
	groupID, err := h.GroupNamed(ctx, group)
	if err != nil {
		return &cli.ExitError{Status: cli.ExitTempFail, Err: err}
	}
	sum := sha256.Sum256(raw)
	err = intake.New(h.Store, h.Blobs, h.Log).Receive(ctx, []channels.Inbound{{
		Kind: email.Kind, ExternalID: "sha256:" + hex.EncodeToString(sum[:]), Raw: raw, ReceivedAt: time.Now().UTC(),
		Options: channels.Options{Trusted: trusted, GroupID: groupID},
	}})
	if err != nil {
		return &cli.ExitError{Status: cli.ExitTempFail, Err: fmt.Errorf("the mail was not taken in, try again: %w", err)}
	}
	return nil
}
