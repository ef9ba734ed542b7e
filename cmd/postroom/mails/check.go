package mails

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/preview"
)

func checkCommand(p *cli.Program) *cobra.Command {
	opts := preview.Options{}
	pattern := "*.eml"
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Say what the mails of a folder would become, without touching a database",
		Long: `Reads every mail of a folder and those below it, and prints one line each: its file, what it would
become and why, its sender, its subject, how many attachments it has, and what filters would see. What
can't become a ticket would be spooled. A follow-up is one only if the ticket or message it names exists.

The database isn't asked: give the settings that your installation has changed as flags.`,
		Example: `  postroom mail check /var/backups/maildir --name '*'
  postroom mail check samples --system-id 44 --fqdn desk.example.com | grep -v "new ticket"`,
		Args: cli.AllNamed,
		RunE: func(_ *cobra.Command, args []string) error { return checkMails(p, args[0], pattern, opts) },
	}
	flags := cmd.Flags()
	flags.StringVar(&pattern, "name", pattern, "which files are mails")
	flags.StringVar(&opts.FQDN, "fqdn", "", "setting fqdn, by which our own notifications are known")
	flags.StringVar(&opts.Hook, "hook", "Ticket#", "setting ticket_hook")
	flags.StringVar(&opts.HookDivider, "hook-divider", "", "setting ticket_hook_divider")
	flags.StringVar(&opts.SystemID, "system-id", "", "setting system_id; without it any number behind the hook counts")
	flags.IntVar(&opts.MaxSize, "max-size", 10, "setting postmaster_max_size, in MB; 0: no limit")
	return cmd
}

// checkMails goes on behind what it can't read, and fails at the end.
func checkMails(p *cli.Program, dir, pattern string, opts preview.Options) error {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return fmt.Errorf("--name %q: %w", pattern, err)
	}
	var failures []error
	counts, total := map[string]int{}, 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			failures = append(failures, err)
			return nil
		}
		if matched, _ := filepath.Match(pattern, entry.Name()); !matched || !entry.Type().IsRegular() {
			return nil
		}
		raw, err := readMail(path)
		if err != nil {
			failures = append(failures, err)
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		mail := preview.Of(raw, opts)
		counts[mail.Becomes]++
		total++
		_, err = fmt.Fprintln(p.Out, previewLine(name, mail))
		return err
	})
	var sums []string
	for _, kind := range []string{preview.NewTicket, preview.FollowUp, preview.Ignored, preview.KeptApart, preview.Spooled} {
		if counts[kind] > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", counts[kind], kind))
		}
	}
	_, _ = fmt.Fprintf(p.Err, "%d mails: %s\n", total, strings.Join(sums, ", "))
	return errors.Join(append(failures, err)...)
}

// readMail reads no more than what would be refused anyway.
func readMail(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	return io.ReadAll(io.LimitReader(file, mailMost+1))
}

// previewLine separates its columns by tabs.
func previewLine(name string, mail preview.Preview) string {
	becomes := mail.Becomes
	if mail.Why != "" {
		becomes += ": " + mail.Why
	}
	sender := mail.Sender.Email
	if mail.Sender.Name != "" {
		sender = fmt.Sprintf("%q <%s>", mail.Sender.Name, sender)
	}
	files := fmt.Sprintf("%d attachments", mail.Attachments)
	if mail.Attachments == 1 {
		files = "1 attachment"
	}
	columns := []string{name, becomes, sender, mail.Subject, files, strings.Join(mail.Notes, ", ")}
	for i, text := range columns {
		columns[i] = strings.Map(printable, text)
	}
	return strings.TrimRight(strings.Join(columns, "\t"), "\t")
}

// printable keeps strangers' control characters away from terminals, and lines in one piece.
func printable(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		return ' '
	}
	return r
}
