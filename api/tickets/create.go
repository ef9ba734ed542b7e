package tickets

import (
	"context"
	"net/http"
	"strings"
	"time"

	"postroom/api/people"
	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
	"postroom/internal/desk/history"
	"postroom/internal/desk/workspace"
	"postroom/internal/forms"
	"postroom/internal/store"
)

// createTicket makes a ticket with its first article, or nothing at all.
func (s *Room) createTicket(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	var ticket desk.Ticket
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		ticket, err = newTicket(ctx, &ticketParams{store: tx, catalog: in.Catalog, sent: in.Params}, in.Who)
		if err != nil {
			return err
		}
		return s.insertTicket(ctx, tx, in, &ticket)
	})
	if err != nil {
		return err
	}
	return s.answerTicket(w, r, http.StatusCreated, ticket.ID, in.Params)
}

// newTicket decodes and checks a new ticket.
func newTicket(ctx context.Context, p *ticketParams, who *desk.Caller) (desk.Ticket, error) {
	access, c := who.TicketAccess(), p.catalog
	t := desk.Ticket{OwnerID: desk.SystemUser, Preferences: map[string]any{}}
	t.CreatedByID, t.UpdatedByID = who.User.ID, who.User.ID
	if !access.Agent {
		p.withoutPeople()
	}
	customer, err := newCustomer(ctx, p, who)
	if err != nil {
		return t, err
	}
	t.CustomerID = customer.ID
	if err := p.apply(ctx, &t); err != nil {
		return t, err
	}
	if t.GroupID == 0 {
		return t, rest.Invalid("group_id", "The required value 'group_id' is missing.")
	}
	if err := access.MayCreate(t); err != nil {
		return t, err
	}
	if t.StateID == 0 {
		t.StateID = c.DefaultState()
	}
	if t.PriorityID == 0 {
		t.PriorityID = c.DefaultPriority()
	}
	if err := p.applyOrganization(ctx, &t, customer); err != nil {
		return t, err
	}
	t.Settle(desk.Ticket{}, c, time.Now())
	form := forms.Ticket{Who: who, Access: access, AsAgent: access.MayCreateAsAgent(t) == nil, Creating: true}
	if t.OwnerID != desk.SystemUser {
		if form.MayOwn, err = p.store.MayOwn(ctx, t.OwnerID, t.GroupID); err != nil {
			return t, err
		}
	}
	if form.Related, err = p.related(ctx, t); err != nil {
		return t, err
	}
	return t, form.Check(desk.Ticket{}, t, c, time.Now())
}

// newCustomer finds or makes the customer of a new ticket. It is the zero user when none was named.
func newCustomer(ctx context.Context, p *ticketParams, who *desk.Caller) (desk.User, error) {
	if !who.TicketAccess().Agent {
		return who.User, nil
	}
	if email, guess := strings.CutPrefix(p.sent.Text("customer_id"), "guess:"); guess {
		return guessCustomer(ctx, p, strings.TrimSpace(email))
	}
	if p.sent.Blank("customer_id") {
		if object, ok := p.sent.Object("customer"); ok {
			return customerFrom(ctx, p, object, who)
		}
		delete(p.sent, "customer_id") // so that a name beside a null id counts
	}
	customer, _, err := p.user(ctx, "customer")
	if err != nil || customer == nil {
		return desk.User{}, err
	}
	return *customer, nil
}

// guessCustomer returns the user with a mail address, made if there is none.
func guessCustomer(ctx context.Context, p *ticketParams, email string) (desk.User, error) {
	if !desk.ValidAddress(email) {
		return desk.User{}, &rest.AnswerError{
			Status: http.StatusUnprocessableEntity, Text: "Invalid email '" + email + "' of customer", Silent: true,
		}
	}
	email = strings.ToLower(email)
	found, err := p.store.EnsureUsers(ctx, []desk.Person{{Email: email}})
	return found[email], err
}

// customerFrom returns the user that an object describes: by id, mail address or login, else a new one.
func customerFrom(ctx context.Context, p *ticketParams, object rest.Params, who *desk.Caller) (desk.User, error) {
	id, err := rest.IDIn[desk.UserID](object, "id")
	if err != nil {
		return desk.User{}, err
	}
	if id != 0 {
		found, err := p.store.Users(ctx, []desk.UserID{id})
		if user, known := found[id]; known || err != nil {
			return user, err
		}
	}
	for _, key := range []string{"email", "login"} {
		if object.Blank(key) {
			continue
		}
		found, err := p.store.UserNamed(ctx, object.Text(key))
		if err != nil {
			return desk.User{}, err
		}
		if found != nil {
			return *found, nil
		}
	}
	return people.NewUser(ctx, p.store, &rest.Input{Params: object, Catalog: p.catalog, Who: who})
}

// maxNumber is the length of a ticket's number in characters.
const maxNumber = 60

// insertTicket writes a checked new ticket and the article that came with it.
func (s *Room) insertTicket(ctx context.Context, tx *store.Store, in *rest.Input, t *desk.Ticket) error {
	object, withArticle, err := articleIn(in.Params)
	if err != nil {
		return err
	}
	var draft articleDraft
	if withArticle {
		if draft, err = draftArticle(object, in.Catalog); err != nil {
			return err
		}
	}
	// Agents may bring a number, such as one from another system.
	if t.Number = rest.Cut(strings.TrimSpace(in.Params.Text("number")), maxNumber); t.Number == "" || !in.Who.TicketAccess().Agent {
		if t.Number, err = tx.NextTicketNumber(ctx, in.Catalog, time.Now().UTC()); err != nil {
			return err
		}
	}
	if err := tx.InsertTicket(ctx, t); err != nil {
		return err
	}
	created := desk.Change{Object: "Ticket", OID: int64(t.ID), Type: "created", By: in.Who.User.ID}
	if err := tx.AddHistory(ctx, []desk.Change{created}); err != nil {
		return err
	}
	if err := in.Note(ctx, tx, workspace.TicketActivity(workspace.ActivityCreate, *t, in.Who.User.ID)); err != nil {
		return err
	}
	if err := useStartDraft(ctx, tx, in, *t); err != nil {
		return err
	}
	// Links come before tags: who waits for another's ticket must not have anybody wait for a new tag.
	if err := linkNew(ctx, tx, in, t.ID); err != nil {
		return err
	}
	if err := attach(ctx, tx, in, *t); err != nil {
		return err
	}
	event := desk.TicketEvent{TicketID: t.ID, Type: desk.EventCreate, By: in.Who.User.ID, Interface: desk.ByAPI}
	if withArticle {
		if event.ArticleID, err = s.addFirstArticle(ctx, tx, in, t, draft); err != nil {
			return err
		}
	}
	if err := in.Restamp(ctx, tx, "tickets", int64(t.ID)); err != nil {
		return err
	}
	return tx.AnnounceEvent(ctx, in.Catalog, event)
}

// addFirstArticle writes the article that came with a new ticket, and what it means for the ticket.
func (s *Room) addFirstArticle(ctx context.Context, tx *store.Store, in *rest.Input, t *desk.Ticket, draft articleDraft) (desk.ArticleID, error) {
	before := *t
	article, err := s.addArticle(ctx, tx, in, t, draft)
	if err != nil {
		return 0, err
	}
	t.Settle(before, in.Catalog, time.Now())
	if err := tx.SaveTicket(ctx, *t); err != nil {
		return 0, err
	}
	// What the first article says about the ticket is how it began, not a change. Its state is one.
	after := before
	after.StateID = t.StateID
	return article.ID, tx.AddHistory(ctx, history.TicketChanges(before, after, in.Catalog, in.Who.User.ID))
}

// articleIn is the article inside a ticket that a client sent. An empty one is none.
func articleIn(p rest.Params) (article rest.Params, there bool, err error) {
	if p.Blank("article") {
		return nil, false, nil
	}
	object, ok := p.Object("article")
	if !ok {
		return nil, false, rest.InvalidParam("article", p["article"])
	}
	return object, true, nil
}

// answerTicket answers with a ticket as the next GET of it will show it.
func (s *Room) answerTicket(w http.ResponseWriter, r *http.Request, status int, id desk.TicketID, p rest.Params) error {
	ticket, err := s.Store.Ticket(r.Context(), id)
	if err != nil {
		return err
	}
	answer, err := s.showTicketAs(r.Context(), rest.Caller(r), ticket, p, shown.WithIDs)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, status, answer)
}
