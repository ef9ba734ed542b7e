package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"postroom/channels"
	"postroom/channels/email/letter"
	"postroom/internal/desk"
)

const (
	sendmailProgram = "/usr/sbin/sendmail"
	sendmailTime    = 2 * time.Minute
	maxComplaint    = 1000 // bytes of what the program has to say
)

// sendmailSender hands mail to the MTA of this machine.
type sendmailSender struct{ program string }

// Send runs the program once for all recipients.
func (s *sendmailSender) Send(ctx context.Context, message channels.Outbound) ([]byte, error) {
	mail, err := letter.Compose(message, time.Now())
	if err != nil {
		return nil, err
	}
	return mail.Raw, s.deliver(ctx, mail, "")
}

func (s *sendmailSender) deliver(ctx context.Context, mail letter.Letter, _ string) error {
	ctx, cancel := context.WithTimeout(ctx, sendmailTime)
	defer cancel()
	// "--": an address that begins with a dash is an address, not an option.
	args := append([]string{"-i", "-f", mail.Sender, "--"}, mail.Recipients...)
	command := exec.CommandContext(ctx, s.program, args...)
	command.Stdin = bytes.NewReader(bytes.ReplaceAll(mail.Raw, []byte("\r\n"), []byte("\n")))
	command.WaitDelay = 5 * time.Second
	said, err := command.CombinedOutput()
	if err != nil {
		return sendmailError(err, said)
	}
	return nil
}

// check looks whether there is a program to hand mail to.
func (s *sendmailSender) check() error {
	if _, err := exec.LookPath(s.program); err != nil {
		return &channels.SetupError{Source: channels.OutboundSide, Human: "There is no " + s.program + " on this machine.", Err: err}
	}
	return nil
}

// permanentExits are the codes of sysexits.h that another attempt would bring again: EX_DATAERR,
// EX_NOUSER, EX_NOHOST.
var permanentExits = []int{65, 67, 68}

func sendmailError(err error, said []byte) error {
	complaint := strings.TrimSpace(string(said[:min(len(said), maxComplaint)]))
	if complaint != "" {
		err = fmt.Errorf("sendmail: %w: %s", err, complaint)
	} else {
		err = fmt.Errorf("sendmail: %w", err)
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if ok && slices.Contains(permanentExits, exit.ExitCode()) {
		return &desk.InvalidError{Field: "to", Reason: err.Error()}
	}
	return err
}
