package mails

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"postroom/cmd/postroom/cli"
	"postroom/internal/desk"
)

func showCommand(p *cli.Program) *cobra.Command {
	return &cobra.Command{
		Use:     "show ARTICLE",
		Short:   "Print the mail that an article came or left as, byte by byte",
		Example: "  postroom mail show 4711 > mail.eml",
		Args:    cli.AllNamed,
		RunE:    func(cmd *cobra.Command, args []string) error { return showMail(cmd.Context(), p, args[0]) },
	}
}

func showMail(ctx context.Context, p *cli.Program, article string) error {
	id, err := strconv.ParseInt(article, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no id of an article", article)
	}
	h, err := p.Open(ctx)
	if err != nil {
		return err
	}
	defer h.Close()
	files, err := h.Store.AttachmentsOf(ctx, desk.ObjectArticleMail, id)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("there is no mail of an article %d", id)
	}
	data, err := h.Blobs.Get(ctx, h.Store, files[0].BlobID)
	if err != nil {
		return fmt.Errorf("mail of article %d: %w", id, err)
	}
	_, err = p.Out.Write(data)
	return err
}
