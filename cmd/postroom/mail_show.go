package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"postroom/internal/desk"
)

func (p *program) mailShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "show ARTICLE",
		Short:   "Print the mail that an article came or left as, byte by byte",
		Example: "  postroom mail show 4711 > mail.eml",
		Args:    allNamed,
		RunE:    func(cmd *cobra.Command, args []string) error { return p.showMail(cmd.Context(), args[0]) },
	}
}

func (p *program) showMail(ctx context.Context, article string) error {
	id, err := strconv.ParseInt(article, 10, 64)
	if err != nil {
		return fmt.Errorf("%q is no id of an article", article)
	}
	h, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer h.close()
	files, err := h.store.AttachmentsOf(ctx, desk.ObjectArticleMail, id)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("there is no mail of an article %d", id)
	}
	data, err := h.blobs.Get(ctx, h.store, files[0].BlobID)
	if err != nil {
		return fmt.Errorf("mail of article %d: %w", id, err)
	}
	_, err = p.out.Write(data)
	return err
}
