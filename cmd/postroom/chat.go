package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
)

func (p *program) chatCommand() *cobra.Command {
	return cli.Family("chat", "Conversations with visitors of websites", p.chatForgetCommand())
}

// chatDays is how long it is kept from where visitors came, unless somebody says otherwise.
const chatDays = 7

func (p *program) chatForgetCommand() *cobra.Command {
	var days int
	cmd := &cobra.Command{
		Use:   "remove-ip",
		Short: "Forget from where visitors came",
		Long: `Takes the addresses and countries of visitors out of chats that are closed and were not changed for
some days. The chats stay, until they are deleted a year after their end. CHAT_IP_DAYS has it done
every day.`,
		Example: "  postroom chat remove-ip\n  postroom chat remove-ip --days 30",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.forgetChatAddresses(cmd.Context(), days) },
	}
	cmd.Flags().IntVar(&days, "days", chatDays, "since the last change")
	return cmd
}

func (p *program) forgetChatAddresses(ctx context.Context, days int) error {
	if days < 0 {
		return fmt.Errorf("--days %d: a number from 0", days)
	}
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	forgotten, err := h.store.ForgetChatAddresses(ctx, time.Duration(days)*24*time.Hour)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "The addresses of the visitors of %d chats are forgotten\n", forgotten)
	return nil
}
