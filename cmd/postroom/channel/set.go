package channel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"postroom/channels/email/account"
	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
)

func setCommand(p *cli.Program) *cobra.Command {
	var a accountFlags
	cmd := &cobra.Command{
		Use:   "set ID",
		Short: "Change a mail account, such as its password",
		Long: `Changes what is named, and keeps the rest. Both servers are tried first when anything about them changes.
An account that is fetched by IMAP takes the --imap flags, one that is fetched by POP3 the --pop3 flags; the other
-host changes it over.
User and password that the outgoing server has in common with the mailbox change with those of the mailbox.`,
		Example: `  postroom channel set 3 --imap-password-file secret.txt
  postroom channel set 3 --smtp-host smtp.example.com --smtp-port 465 --smtp-ssl ssl
  postroom channel set 3 --name "Example Help" --group Sales`,
		Args: cli.AllNamed,
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := cli.Numbers[desk.ChannelID](args)
			if err != nil {
				return err
			}
			return set(cmd.Context(), p, ids[0], a, cmd.Flags().Changed)
		},
	}
	a.imap.register(cmd, "imap", "", "user of the mailbox")
	a.pop3.register(cmd, "pop3", "", "user of the mailbox")
	a.smtp.register(cmd, "smtp", "", "user of the outgoing server; empty: without signing in")
	a.registerOptions(cmd)
	cmd.Flags().StringVar(&a.group, "group", "", "name of the group that gets the tickets, and answers from the address")
	cmd.MarkFlagsMutuallyExclusive("smtp-host", "sendmail")
	cmd.MarkFlagsMutuallyExclusive("imap-host", "pop3-host")
	return cmd
}

// set changes what was named on the command line.
func set(ctx context.Context, p *cli.Program, id desk.ChannelID, a accountFlags, named func(flag string) bool) error {
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	channel, err := mailAccount(ctx, h, id)
	if err != nil {
		return err
	}
	if channel.Area != desk.AreaEmailAccount {
		return fmt.Errorf("channel %d has no password: it is changed and connected again by the API (%s)", id, channel.Area)
	}
	inbound, outbound, servers, err := a.changed(channel.Options, named)
	if err != nil {
		return err
	}
	if !servers && a.name == "" && a.group == "" {
		return errors.New("say what to change: see `postroom channel set --help`")
	}
	if channel.GroupID, err = groupOr(ctx, h, a.group, channel.GroupID); err != nil {
		return err
	}
	address, err := senderOf(ctx, h, id)
	if err != nil {
		return err
	}
	if servers {
		if err := unused(ctx, h, id, inbound, address.Email); err != nil {
			return err
		}
		if !a.noCheck {
			if err := checkAccount(ctx, p, h, inbound, outbound, address.Email); err != nil {
				return err
			}
		}
		channel.Options = maps.Clone(channel.Options)
		channel.Options["inbound"], channel.Options["outbound"] = inbound, outbound
		ok := "ok"
		channel.StatusIn, channel.StatusOut, channel.LastLogIn, channel.LastLogOut = &ok, &ok, nil, nil
	}
	if err := saveAccount(ctx, h, channel, address, a); err != nil {
		return err
	}
	fmt.Fprintf(p.Out, "channel %d changed\n", id)
	return nil
}

// saveAccount writes the channel, names its address and lets its group send from that, where it was
// so wanted; all of it or nothing. The address is the zero one when the account has none any more.
func saveAccount(ctx context.Context, h *cli.House, channel desk.Channel, address desk.EmailAddress, a accountFlags) error {
	channel.UpdatedByID = desk.SystemUser
	defer h.Store.ForgetCatalog()
	return h.Store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.SaveChannel(ctx, channel); err != nil || address.ID == 0 {
			return err
		}
		if a.name != "" {
			address.Name = a.name
			if err := accounts.EmailAddresses.Save(ctx, tx.DB, &address, desk.SystemUser); err != nil {
				return err
			}
		}
		if a.group == "" {
			return nil
		}
		return tx.SetGroupAddress(ctx, *channel.GroupID, address.ID, desk.SystemUser)
	})
}

// groupOr returns the group of this name, or without a name the other one.
func groupOr(ctx context.Context, h *cli.House, name string, other *desk.GroupID) (*desk.GroupID, error) {
	if name == "" {
		return other, nil
	}
	group, err := h.GroupNamed(ctx, name)
	return &group, err
}

// senderOf returns the address of a mail account, or the zero one when it has none.
func senderOf(ctx context.Context, h *cli.House, id desk.ChannelID) (desk.EmailAddress, error) {
	catalog, err := h.Store.Catalog(ctx)
	if err != nil {
		return desk.EmailAddress{}, err
	}
	for _, address := range catalog.Addresses {
		if address.ChannelID != nil && *address.ChannelID == id {
			return address, nil
		}
	}
	return desk.EmailAddress{}, nil
}

// changed returns copies of both sides of a channel with what was named on top, and whether that is
// anything.
func (a *accountFlags) changed(options map[string]any, named func(string) bool) (inbound, outbound map[string]any, changed bool, err error) {
	inbound, outbound = inside(options, "inbound"), inside(options, "outbound")
	in, out := inside(inbound, "options"), inside(outbound, "options")
	shared := in["user"] == out["user"] && in["password"] == out["password"]
	switch {
	case a.sendmail:
		outbound["adapter"], out, shared = "sendmail", map[string]any{}, false
	case outbound["adapter"] == "sendmail" && named("smtp-host"):
		outbound["adapter"], shared = "smtp", true
		out["ssl"], out["port"], out["ssl_verify"] = "starttls", usualPort("starttls"), in["ssl_verify"]
	}
	changedIn, err := a.changeInbound(inbound, in, named)
	if err != nil {
		return nil, nil, false, err
	}
	if shared {
		out["user"], out["password"] = in["user"], in["password"]
	}
	changedOut, err := a.smtp.change(out, "smtp", named)
	if err == nil && changedOut && outbound["adapter"] == "sendmail" {
		err = errors.New("this account sends with sendmail: name the server with --smtp-host")
	}
	if named("keep-on-server") {
		in["keep_on_server"] = a.keep
	}
	if named("trusted") {
		inbound["trusted"] = a.trusted
	}
	if named("no-verify") {
		in["ssl_verify"], out["ssl_verify"] = !a.unverified, !a.unverified
	}
	inbound["options"], outbound["options"] = in, out
	others := slices.ContainsFunc([]string{"folder", "keep-on-server", "trusted", "no-verify", "sendmail"}, named)
	return inbound, outbound, changedIn || changedOut || others, err
}

// changeInbound puts what was named over the mailbox's side: adapter and options.
func (a *accountFlags) changeInbound(inbound, in map[string]any, named func(string) bool) (changed bool, err error) {
	adapter, _ := inbound["adapter"].(string)
	_, other := a.mailbox()
	if host := other + "-host"; adapter != other && named(host) {
		adapter = other
		inbound["adapter"] = adapter
		delete(in, "port") // those of the other protocol
		delete(in, "folder")
	}
	box, foreign := &a.imap, account.POP3
	if adapter == account.POP3 {
		box, foreign = &a.pop3, account.IMAP
	}
	for _, flag := range []string{"-host", "-port", "-ssl", "-user", "-password", "-password-file"} {
		if named(foreign + flag) {
			return false, fmt.Errorf("--%s%s: this account is fetched by %s: use --%s%s, or name the server with --%s-host", foreign, flag, strings.ToUpper(adapter), adapter, flag, foreign)
		}
	}
	if named("folder") {
		if adapter == account.POP3 {
			return false, errNoFolders
		}
		in["folder"] = a.folder
	}
	return box.change(in, adapter, named)
}

// inside copies an object that is a value of another one.
func inside(object map[string]any, key string) map[string]any {
	value, _ := object[key].(map[string]any)
	if value == nil {
		return map[string]any{}
	}
	return maps.Clone(value)
}

// change puts what was named over the options of one side, and reports whether that was anything.
func (s *mailServer) change(options map[string]any, prefix string, named func(string) bool) (changed bool, err error) {
	set := func(flag, key string, value any) {
		if named(prefix + "-" + flag) {
			options[key], changed = value, true
		}
	}
	if named(prefix + "-ssl") {
		if err := s.checkEncryption(); err != nil {
			return false, err
		}
		// A port that was none of the operator's choice goes with the encryption.
		if former, _ := options["ssl"].(string); options["port"] == usualPort(former) && prefix == "smtp" {
			options["port"] = usualPort(s.ssl)
		}
	}
	password, err := s.secret()
	if err != nil {
		return false, err
	}
	set("host", "host", s.host)
	set("port", "port", float64(s.port)) // as JSON would decode it
	set("ssl", "ssl", s.ssl)
	set("user", "user", s.user)
	set("password", "password", password)
	set("password-file", "password", password)
	if options["user"] == "" {
		options["password"] = "" // nobody signs in
	}
	return changed, nil
}
