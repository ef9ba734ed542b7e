package tickets

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/jobs/task"
)

func (s *Room) getArticle(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.ArticleID](r, "id", "Ticket::Article")
	if err != nil {
		return err
	}
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	article, _, err := s.shown.Article(r.Context(), rest.Caller(r), id)
	if err != nil {
		return err
	}
	answer, err := s.shown.ArticleAs(r.Context(), rest.Caller(r), article, p)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, answer)
}

// listArticles is for administrators, who may read every ticket's.
func (s *Room) listArticles(w http.ResponseWriter, r *http.Request) error {
	p, page, err := rest.ListParams(r, rest.IndexPages)
	if err != nil {
		return err
	}
	articles, err := s.Store.ListArticles(r.Context(), page)
	if err != nil {
		return err
	}
	return s.replyArticles(w, r, articles, p)
}

func (s *Room) listArticlesOfTicket(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[desk.TicketID](r, "id", "Ticket")
	if err != nil {
		return err
	}
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	ticket, err := s.Store.Ticket(r.Context(), id)
	if err != nil {
		return err
	}
	if err := rest.Caller(r).TicketAccess().MayShow(ticket); err != nil {
		return err
	}
	articles, err := s.shown.ArticlesOf(r.Context(), rest.Caller(r), ticket)
	if err != nil {
		return err
	}
	return s.replyArticles(w, r, articles, p)
}

func (s *Room) replyArticles(w http.ResponseWriter, r *http.Request, articles []desk.Article, p rest.Params) error {
	answer, err := s.shown.ArticlesAs(r.Context(), rest.Caller(r), articles, p)
	if err != nil {
		return err
	}
	return rest.Reply(w, r, answer)
}

// updateArticle changes who may see an article and whether it is highlighted; all else is history.
func (s *Room) updateArticle(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := rest.PathID[desk.ArticleID](r, "id", "Ticket::Article")
	if err != nil {
		return err
	}
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		article, ticket, err := lockArticle(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := in.Who.TicketAccess().MayChangeAsAgent(ticket); err != nil {
			return err
		}
		before := article
		in.Flag(&article.Internal, "internal")
		if preferences, ok := in.Params.Object("preferences"); ok && rest.Params(preferences).Has("highlight") {
			article.Preferences = withKey(article.Preferences, "highlight", preferences["highlight"])
		}
		if article.Internal == before.Internal && string(rest.AppendJSON(nil, article.Preferences)) == string(rest.AppendJSON(nil, before.Preferences)) {
			return nil
		}
		article.UpdatedByID = in.Who.User.ID
		if err := tx.SaveArticle(ctx, article); err != nil {
			return err
		}
		if article.Internal != before.Internal {
			if err := tx.AddHistory(ctx, []desk.Change{internalChange(before, article, in.Who)}); err != nil {
				return err
			}
		}
		return saveTicket(ctx, tx, in, ticket, ticket, happening{})
	})
	if err != nil {
		return err
	}
	return s.answerArticle(w, r, http.StatusOK, id, in.Params)
}

// answerArticle answers with an article as the next GET of it will show it.
func (s *Room) answerArticle(w http.ResponseWriter, r *http.Request, status int, id desk.ArticleID, p rest.Params) error {
	article, err := s.Store.Article(r.Context(), id)
	if err != nil {
		return err
	}
	shown, err := s.shown.ArticleAs(r.Context(), rest.Caller(r), article, p)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, status, shown)
}

func internalChange(before, after desk.Article, who *desk.Caller) desk.Change {
	return desk.Change{
		Object: "Ticket::Article", OID: int64(after.ID), Type: "updated", Attribute: "internal",
		ValueFrom: fmt.Sprint(before.Internal), ValueTo: fmt.Sprint(after.Internal),
		RelatedObject: "Ticket", RelatedOID: int64(after.TicketID), By: who.User.ID,
	}
}

// lockArticle returns an article with its ticket, which is locked for this transaction.
func lockArticle(ctx context.Context, tx *store.Store, id desk.ArticleID) (desk.Article, desk.Ticket, error) {
	article, err := tx.Article(ctx, id)
	if err != nil {
		return desk.Article{}, desk.Ticket{}, err
	}
	ticket, err := tx.LockTicket(ctx, article.TicketID)
	if err != nil {
		return desk.Article{}, desk.Ticket{}, err
	}
	// Whoever held the lock before us may have changed it.
	article, err = tx.Article(ctx, id)
	return article, ticket, err
}

func (s *Room) deleteArticle(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.ArticleID](r, "id", "Ticket::Article")
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		article, ticket, err := lockArticle(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := who.TicketAccess().MayDeleteArticle(ticket, article, catalog, time.Now()); err != nil {
			return err
		}
		blobs, err := tx.DeleteArticle(ctx, id)
		if err != nil {
			return err
		}
		if err := releaseBlobs(ctx, tx, blobs); err != nil {
			return err
		}
		before := ticket
		if ticket.TimeUnit, err = tx.TimeSpent(ctx, ticket.ID); err != nil { // what was booked for the article went with it
			return err
		}
		if article.SenderID != desk.SenderSystem {
			ticket.ArticleCount = max(ticket.ArticleCount-1, 0)
		}
		return saveTicket(ctx, tx, &rest.Input{Catalog: catalog, Who: who}, before, ticket, happening{})
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

// releaseBlobs has bytes deleted that nothing refers to any more.
func releaseBlobs(ctx context.Context, tx *store.Store, blobs []desk.BlobID) error {
	if len(blobs) == 0 {
		return nil
	}
	return tx.Announce(ctx, task.BlobsReleased{BlobIDs: blobs})
}
