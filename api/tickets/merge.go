package tickets

import (
	"context"
	"errors"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/store"
)

// mergeRefused says which of two tickets there is not. Clients are told with status 200.
type mergeRefused string

func (text mergeRefused) Error() string { return string(text) }

const (
	noSource mergeRefused = "The source ticket could not be found."
	noTarget mergeRefused = "The target ticket number could not be found."
)

// mergeTickets moves everything of a ticket, named by its id, to another, named by its number.
func (s *Room) mergeTickets(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	var source, target desk.Ticket
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		source, target, err = pairToMerge(ctx, tx, in, r.PathValue("source_ticket_id"), r.PathValue("target_ticket_number"))
		if err != nil {
			return err
		}
		return s.merge(ctx, tx, in, source, target)
	})
	if refused, ok := errors.AsType[mergeRefused](err); ok {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "failed"}, {"message", refused.Error()}})
	}
	if err != nil {
		return err
	}
	both, err := s.Store.TicketsByID(ctx, []desk.TicketID{source.ID, target.ID})
	if err != nil {
		return err
	}
	records, err := s.shown.Show(ctx, in.Who, []desk.Ticket{both[target.ID], both[source.ID]}, shown.ColumnsOnly)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"result", "success"}, {"target_ticket", records[0]}, {"source_ticket", records[1]}})
}

// pairToMerge finds and locks two tickets that the caller may merge.
func pairToMerge(ctx context.Context, tx *store.Store, in *rest.Input, sourceID, targetNumber string) (source, target desk.Ticket, err error) {
	target, err = tx.TicketByNumber(ctx, targetNumber)
	if errors.Is(err, desk.ErrNotFound) {
		err = noTarget
	}
	if err != nil {
		return source, target, err
	}
	id, ok := rest.NumberOf(sourceID)
	if !ok {
		return source, target, noSource
	}
	source, target, err = tx.LockTickets(ctx, desk.TicketID(id), target.ID)
	if errors.Is(err, desk.ErrNotFound) {
		err = noSource
	}
	if err != nil {
		return source, target, err
	}
	for _, ticket := range []desk.Ticket{source, target} {
		if err := in.Who.TicketAccess().MayChangeAsAgent(ticket); err != nil {
			return source, target, err
		}
	}
	return source, target, source.MayMergeInto(target, in.Catalog)
}

// merge moves everything, and leaves a note and the state merged behind.
func (s *Room) merge(ctx context.Context, tx *store.Store, in *rest.Input, source, target desk.Ticket) error {
	count, err := tx.MoveArticles(ctx, source.ID, target.ID)
	if err != nil {
		return err
	}
	if err := tx.MergeAttached(ctx, source.ID, target.ID); err != nil {
		return err
	}
	if err := tx.AddHistory(ctx, history.MergeChanges(source.ID, target.ID, in.Who.User.ID)); err != nil {
		return err
	}
	before := source
	source.ArticleCount = 0
	note := articleDraft{sent: rest.Params{}, article: desk.Article{
		TypeID: desk.ArticleNote, SenderID: desk.SenderAgent, ContentType: "text/plain", Body: "merged",
	}}
	article, err := s.addArticle(ctx, tx, in, &source, note)
	if err != nil {
		return err
	}
	source.StateID, source.OwnerID = in.Catalog.MergedState(), desk.SystemUser
	if source.TimeUnit, err = tx.TimeSpent(ctx, source.ID); err != nil {
		return err
	}
	if err := saveTicket(ctx, tx, in, before, source, happening{kind: desk.EventMergedInto, article: article.ID}); err != nil {
		return err
	}
	grown := target
	grown.ArticleCount = count
	if grown.TimeUnit, err = tx.TimeSpent(ctx, target.ID); err != nil {
		return err
	}
	grown.UpdatedAt = time.Now()
	return saveTicket(ctx, tx, in, target, grown, happening{kind: desk.EventReceivedMerge})
}
