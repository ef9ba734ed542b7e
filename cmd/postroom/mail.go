package main

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
	"postroom/internal/desk"
	"postroom/internal/intake"
)

// Exit statuses of sysexits.h, by which a mail server decides whether to try again.
const (
	exitUsage    = 64
	exitData     = 65
	exitTempFail = 75
)

// mailMost is more than any mail server lets through; a bigger one is no mail.
const mailMost = 256 << 20 // bytes

func (p *program) mailCommand() *cobra.Command {
	return family("mail", "Take in mail, or look what would become of it or what came", p.mailIngestCommand(), p.mailCheckCommand(), p.mailShowCommand())
}

func (p *program) mailIngestCommand() *cobra.Command {
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
			return p.ingest(cmd.Context(), group, trusted)
		},
	}
	cmd.Flags().StringVar(&group, "group", "", "name of the group that gets new tickets; otherwise the address decides")
	cmd.Flags().BoolVar(&trusted, "trusted", false, "let X-Zammad-… headers of the mail steer the ticket")
	return cmd
}

func (p *program) ingest(ctx context.Context, group string, trusted bool) error {
	raw, err := io.ReadAll(io.LimitReader(p.in, mailMost+1))
	if err != nil {
		return &exitError{exitTempFail, fmt.Errorf("read the mail: %w", err)}
	}
	if len(raw) == 0 {
		return &exitError{exitData, errors.New("there is no mail on standard input")}
	}
	if len(raw) > mailMost {
		return &exitError{exitData, fmt.Errorf("the mail is larger than %d MB", mailMost>>20)}
	}
	// Whatever goes wrong from here on may be mended before the mail server gives up.
	h, err := p.open(ctx)
	if err != nil {
		return &exitError{exitTempFail, err}
	}
	defer h.close()
	groupID, err := h.groupNamed(ctx, group)
	if err != nil {
		return &exitError{exitTempFail, err}
	}
	sum := sha256.Sum256(raw)
	err = intake.New(h.store, h.blobs, h.log).Receive(ctx, []channels.Inbound{{
		Kind: email.Kind, ExternalID: "sha256:" + hex.EncodeToString(sum[:]), Raw: raw, ReceivedAt: time.Now().UTC(),
		Options: channels.Options{Trusted: trusted, GroupID: groupID},
	}})
	if err != nil {
		return &exitError{exitTempFail, fmt.Errorf("the mail was not taken in, try again: %w", err)}
	}
	return nil
}

// groupNamed returns no id for no name.
func (h *house) groupNamed(ctx context.Context, name string) (desk.GroupID, error) {
	if name == "" {
		return 0, nil
	}
	id, err := h.store.RecordID(ctx, "groups", "name", name)
	if errors.Is(err, desk.ErrNotFound) {
		return 0, fmt.Errorf("there is no group %q", name)
	}
	return desk.GroupID(id), err
}
