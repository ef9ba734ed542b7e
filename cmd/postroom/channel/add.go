package channel

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"postroom/channels"
	"postroom/channels/email"
	"postroom/channels/email/account"
	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
)

// mailServer is one side of an account as flags describe it.
type mailServer struct {
	host, ssl, user        string
	password, passwordFile string
	port                   int
}

func (s *mailServer) register(cmd *cobra.Command, prefix, ssl, userHelp string) {
	flags := cmd.Flags()
	flags.StringVar(&s.host, prefix+"-host", "", "name of the server")
	flags.IntVar(&s.port, prefix+"-port", 0, "its port, if not the usual one")
	flags.StringVar(&s.ssl, prefix+"-ssl", ssl, "ssl, starttls or off")
	flags.StringVar(&s.user, prefix+"-user", "", userHelp)
	flags.StringVar(&s.password, prefix+"-password", "", "password; others on this machine can see it, so rather:")
	flags.StringVar(&s.passwordFile, prefix+"-password-file", "", "file with the password")
}

// options are those of a channel; verify is whether certificates are checked.
func (s *mailServer) options(verify bool) (map[string]any, error) {
	if err := s.checkEncryption(); err != nil {
		return nil, err
	}
	password, err := s.secret()
	if err != nil {
		return nil, err
	}
	options := map[string]any{"host": s.host, "ssl": s.ssl, "ssl_verify": verify, "user": s.user, "password": password}
	if s.port != 0 {
		options["port"] = float64(s.port) // as JSON would decode it
	}
	return options, nil
}

func (s *mailServer) checkEncryption() error {
	if !slices.Contains([]string{"ssl", "starttls", "off"}, s.ssl) {
		return fmt.Errorf("encryption %q: allowed is ssl, starttls or off", s.ssl)
	}
	return nil
}

// secret is the password, wherever it was given.
func (s *mailServer) secret() (string, error) {
	if s.passwordFile == "" {
		return s.password, nil
	}
	content, err := os.ReadFile(s.passwordFile)
	return strings.TrimRight(string(content), "\r\n"), err
}

// accountFlags describe an account.
type accountFlags struct {
	imap, pop3, smtp    mailServer
	folder              string
	keep, sendmail      bool
	unverified, trusted bool
	noCheck             bool
	address, name       string
	group               string
}

func addEmailCommand(p *cli.Program) *cobra.Command {
	var a accountFlags
	cmd := &cobra.Command{
		Use:   "email",
		Short: "Connect a mail account: fetch its mailbox, send through its server",
		Long: `Connects a mail account. Both servers are tried first, the outgoing one with a test mail to
verify-external-smtp-sending@discard.zammad.org; then mail to the address becomes tickets of the group, and the
group answers from the address. Without --smtp-user mail is sent with the user and password of the mailbox; with
--smtp-user "" without signing in. With --pop3-host in place of --imap-host the mailbox is fetched by POP3, every
30 seconds.`,
		Example: `  postroom channel add email --address help@example.com --name "Example Help" --group Users \
    --imap-host imap.example.com --imap-user help@example.com --imap-password-file secret.txt \
    --smtp-host smtp.example.com --smtp-port 587 --smtp-ssl starttls
  postroom channel add email --address sales@example.com --group Sales --sendmail \
    --pop3-host pop.example.com --pop3-user sales --pop3-password-file secret.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("smtp-user") {
				box, _ := a.mailbox()
				a.smtp.user = box.user
				if a.smtp.password == "" && a.smtp.passwordFile == "" {
					a.smtp.password, a.smtp.passwordFile = box.password, box.passwordFile
				}
			}
			return addEmail(cmd.Context(), p, a)
		},
	}
	a.imap.register(cmd, "imap", "ssl", "user of the mailbox")
	a.pop3.register(cmd, "pop3", "ssl", "user of the mailbox")
	a.smtp.register(cmd, "smtp", "starttls", "user of the outgoing server; otherwise that of the mailbox")
	a.registerOptions(cmd)
	flags := cmd.Flags()
	flags.StringVar(&a.address, "address", "", "mail address of the account")
	flags.StringVar(&a.group, "group", "Users", "name of the group that gets the tickets")
	_ = cmd.MarkFlagRequired("address") // this flag exists
	for _, ways := range [][]string{{"imap-host", "pop3-host"}, {"smtp-host", "sendmail"}} {
		cmd.MarkFlagsOneRequired(ways...)
		cmd.MarkFlagsMutuallyExclusive(ways...)
	}
	cmd.MarkFlagsRequiredTogether("imap-host", "imap-user")
	cmd.MarkFlagsRequiredTogether("pop3-host", "pop3-user")
	return cmd
}

// registerOptions adds what an account has whether it is new or not.
func (a *accountFlags) registerOptions(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&a.folder, "folder", "", "folder of an IMAP mailbox, if not INBOX")
	flags.BoolVar(&a.keep, "keep-on-server", false, "leave mail in the mailbox; otherwise it is deleted there once it is committed here")
	flags.BoolVar(&a.trusted, "trusted", false, "let X-Zammad-… headers of its mail steer tickets")
	flags.BoolVar(&a.sendmail, "sendmail", false, "send through this machine's sendmail instead of an SMTP server")
	flags.BoolVar(&a.unverified, "no-verify", false, "accept certificates that can't be checked")
	flags.BoolVar(&a.noCheck, "no-check", false, "don't try the servers first")
	flags.StringVar(&a.name, "name", "", "display name of the address")
}

// mailbox is the server of the mailbox, and its adapter.
func (a *accountFlags) mailbox() (server *mailServer, adapter string) {
	if a.pop3.host != "" {
		return &a.pop3, account.POP3
	}
	return &a.imap, account.IMAP
}

var errNoFolders = errors.New("--folder: POP3 shows no folders but the inbox")

// sides are the inbound and outbound side of the channel.
func (a *accountFlags) sides() (inbound, outbound map[string]any, err error) {
	box, adapter := a.mailbox()
	if adapter == account.POP3 && a.folder != "" {
		return nil, nil, errNoFolders
	}
	in, err := box.options(!a.unverified)
	if err != nil {
		return nil, nil, err
	}
	in["keep_on_server"] = a.keep
	if adapter == account.IMAP {
		in["folder"] = a.folder
	}
	inbound = map[string]any{"adapter": adapter, "options": in}
	if a.trusted {
		inbound["trusted"] = true
	}
	if a.sendmail {
		return inbound, map[string]any{"adapter": "sendmail"}, nil
	}
	out, err := a.smtp.options(!a.unverified)
	if err == nil && a.smtp.port == 0 {
		out["port"] = usualPort(a.smtp.ssl)
	}
	return inbound, map[string]any{"adapter": "smtp", "options": out}, err
}

// usualPort is where servers take mail from those who sign in.
func usualPort(ssl string) float64 {
	switch ssl {
	case "ssl":
		return 465
	case "starttls":
		return 587
	}
	return 25
}

func addEmail(ctx context.Context, p *cli.Program, a accountFlags) error {
	if _, err := netmail.ParseAddress(a.address); err != nil {
		return fmt.Errorf("--address %q is no mail address", a.address)
	}
	inbound, outbound, err := a.sides()
	if err != nil {
		return err
	}
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	group, err := h.GroupNamed(ctx, a.group)
	if err != nil {
		return err
	}
	if err := unused(ctx, h, 0, inbound, a.address); err != nil {
		return err
	}
	if !a.noCheck {
		if err := checkAccount(ctx, p, h, inbound, outbound, a.address); err != nil {
			return err
		}
	}
	id, err := h.Store.AddEmailAccount(ctx, desk.EmailAccount{
		GroupID: group, Inbound: inbound, Outbound: outbound, Realname: a.name, Email: a.address, ForGroup: true, By: desk.SystemUser,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "channel %d: mail to %s becomes tickets of group %s\n", id, a.address, a.group)
	return nil
}

// unused refuses a mailbox that another account than self fetches, and an address that another one
// has: mail would come twice, or the other account lose its address.
func unused(ctx context.Context, h *cli.House, self desk.ChannelID, inbound map[string]any, address string) error {
	accounts, err := h.Store.ChannelsIn(ctx, desk.AreaEmailAccount)
	if err != nil {
		return err
	}
	catalog, err := h.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	ours := inside(inbound, "options")
	for _, account := range accounts {
		theirs := inside(inside(account.Options, "inbound"), "options")
		switch {
		case account.ID == self:
		case theirs["host"] == ours["host"] && theirs["user"] == ours["user"] && folderOf(theirs) == folderOf(ours):
			return fmt.Errorf("channel %d fetches this mailbox already: `postroom channel delete %d` first, or change it with `postroom channel set %d`", account.ID, account.ID, account.ID)
		case strings.EqualFold(addressOf(catalog, account.ID), address):
			return fmt.Errorf("%s belongs to channel %d already: `postroom channel delete %d` first, or change it with `postroom channel set %d`", address, account.ID, account.ID, account.ID)
		}
	}
	return nil
}

func folderOf(options map[string]any) string {
	folder, _ := options["folder"].(string)
	return cmp.Or(folder, "INBOX")
}

// checkAccount tries both servers and tells what to look at.
func checkAccount(ctx context.Context, p *cli.Program, h *cli.House, inbound, outbound map[string]any, address string) error {
	catalog, err := h.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	wizard := &email.Wizard{FQDN: catalog.Settings.String("fqdn")}
	found, err := wizard.CheckInbound(ctx, inbound)
	if err != nil {
		return setupTrouble("mailbox", err)
	}
	fmt.Fprintf(p.Out, "mailbox: ok, %d messages in it\n", found.Messages)
	if err := wizard.CheckOutbound(ctx, outbound, address); err != nil {
		return setupTrouble("outgoing server", err)
	}
	fmt.Fprintln(p.Out, "outgoing server: ok")
	return nil
}

func setupTrouble(what string, err error) error {
	trouble, ok := errors.AsType[*channels.SetupError](err)
	if !ok || trouble.Human == "" {
		return fmt.Errorf("%s: %w", what, err)
	}
	look := strings.Join(trouble.Fields, ", ")
	if look == "host" {
		look = "host, port, encryption"
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		look = "host, or accept any certificate with --no-verify"
	}
	return fmt.Errorf("%s: %s (%w); look at: %s", what, trouble.Human, err, look)
}
