package messaging

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"postroom/api/rest"
	"postroom/channels"
	"postroom/channels/whatsapp"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/picture"
	"postroom/internal/store"
)

const noRetry = "Retrying to download the sent media via WhatsApp failed."

// fetchAgain fetches the file of a message once more that could not be had when the message came.
func (s *Room) fetchAgain(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.ArticleID](r, "id", "Ticket::Article")
	if err != nil {
		return err
	}
	article, err := s.Store.Article(ctx, id)
	if err != nil {
		return err
	}
	ticket, err := s.Store.Ticket(ctx, article.TicketID)
	if err != nil {
		return err
	}
	if err := who.TicketAccess().MayChangeAsAgent(ticket); err != nil {
		return err
	}
	medium, there := whatsapp.MediumOf(article.Preferences)
	if lost, _ := article.Preferences["media_error"].(bool); !there || !lost || article.TypeID != desk.ArticleWhatsApp {
		return rest.Invalid("id", noRetry+" The given article is not a media article.")
	}
	channel, err := s.channelOf(r, ticket)
	if err != nil {
		return err
	}
	file := s.WhatsApp.Remote(whatsapp.OptionsOf(channel), medium)
	if file.Data, err = file.Fetch(ctx); err != nil {
		s.Log.InfoContext(ctx, "file of a message can't be fetched", "article_id", id, "error", err)
		return rest.Invalid("id", noRetry)
	}
	if err := s.keepFile(ctx, article, file, who.User.ID); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

// channelOf returns the channel that a ticket came by.
func (s *Room) channelOf(r *http.Request, ticket desk.Ticket) (desk.Channel, error) {
	catalog, err := s.Catalog(r)
	if err != nil {
		return desk.Channel{}, err
	}
	channel, there := catalog.Channels[channels.ChannelOf(ticket.Preferences)]
	if !there || channel.Area != desk.AreaWhatsApp {
		return desk.Channel{}, rest.Invalid("id", noRetry+" The channel does not exist any more.")
	}
	return channel, nil
}

// keepFile attaches the file, unless somebody else just did.
func (s *Room) keepFile(ctx context.Context, article desk.Article, f channels.RemoteFile, by desk.UserID) error {
	catalog, err := s.Store.Catalog(ctx)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(tx *store.Store) error {
		if _, err := tx.LockTicket(ctx, article.TicketID); err != nil {
			return err
		}
		now, err := tx.Article(ctx, article.ID)
		if err != nil {
			return err
		}
		if lost, _ := now.Preferences["media_error"].(bool); !lost {
			return nil
		}
		place := cmp.Or(catalog.Settings.String("storage_provider"), blob.DB)
		ids, err := s.Blobs.Put(ctx, tx, place, f.Data)
		if err != nil {
			return fmt.Errorf("file of article %d: %w", article.ID, err)
		}
		media := cmp.Or(desk.Plain(f.ContentType), "application/octet-stream")
		attachment := desk.Attachment{
			Object: desk.ObjectArticle, OID: int64(article.ID), CreatedByID: by, BlobID: ids[0], Size: int64(len(f.Data)),
			Filename: desk.Cut(desk.Plain(f.Filename), 250), Preferences: map[string]any{"Content-Type": media, "Mime-Type": media},
		}
		picture.Mark(attachment.Preferences, media, f.Data)
		if err := tx.InsertAttachments(ctx, []desk.Attachment{attachment}); err != nil {
			return err
		}
		if err := tx.MergeArticlePreferences(ctx, article.ID, map[string]any{"media_error": false}); err != nil {
			return err
		}
		return tx.TouchTickets(ctx, article.TicketID)
	})
}
