package collab

import (
	"context"
	"net/http"
	"slices"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
	"postroom/internal/store/collab"
)

// maxItemText is how long an item is at most, in characters.
const maxItemText = 10_000

// itemView shows points of checklists. One that names a ticket is done when that is.
func (s *Room) itemView(*desk.Caller) rest.View[teamwork.ChecklistItem] {
	shown := rest.ViewOf(s.House, collab.ChecklistItems)
	shown.Records = func(ctx context.Context, items []teamwork.ChecklistItem) ([]rest.Record, error) {
		named := rest.Set[desk.TicketID]{}
		for _, item := range items {
			addTo(named, item.TicketID)
		}
		tickets := map[desk.TicketID]desk.Ticket{}
		catalog, err := s.Store.Catalog(ctx)
		if err == nil && len(named) > 0 {
			tickets, err = s.Store.TicketsByID(ctx, named.Values())
		}
		if err != nil {
			return nil, err
		}
		records := make([]rest.Record, len(items))
		for i, item := range items {
			checked := item.Checked
			if item.TicketID != nil {
				checked = teamwork.Done(catalog, tickets[*item.TicketID].StateID)
			}
			records[i] = rest.Record{
				{"id", item.ID}, {"text", item.Text}, {"checked", checked}, {"checklist_id", item.ChecklistID}, {"ticket_id", item.TicketID},
			}.Stamped(item.Stamp)
		}
		return records, nil
	}
	return shown
}

// itemsOf makes texts items, and finds the tickets that they name: those that the caller works
// with, save the checklist's own.
func itemsOf(ctx context.Context, tx *store.Store, in *rest.Input, own desk.Ticket, texts []string) ([]teamwork.ChecklistItem, error) {
	items, named := make([]teamwork.ChecklistItem, len(texts)), make([]teamwork.TicketReference, len(texts))
	var ids []desk.TicketID
	var numbers []string
	for i, text := range texts {
		items[i].Text, named[i] = text, teamwork.TicketReferenceIn(text, in.Catalog)
		numbers = append(numbers, named[i].Numbers...)
		if named[i].ID != 0 {
			ids = append(ids, named[i].ID)
		}
	}
	if len(ids)+len(numbers) == 0 {
		return items, nil
	}
	byID, err := tx.TicketsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	byNumber, err := tx.TicketsByNumber(ctx, numbers)
	if err != nil {
		return nil, err
	}
	for i := range items {
		ticket, there := byID[named[i].ID]
		if at := slices.IndexFunc(named[i].Numbers, func(n string) bool { return byNumber[n].ID != 0 }); !there && at >= 0 {
			ticket, there = byNumber[named[i].Numbers[at]], true
		}
		if there && ticket.ID != own.ID && in.Who.TicketAccess().MayReadAsAgent(ticket) == nil {
			items[i].TicketID = &ticket.ID
		}
	}
	return items, nil
}

func (s *Room) createItem(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := rest.IDIn[teamwork.ChecklistID](in.Params, "checklist_id")
	if err != nil {
		return err
	}
	var item teamwork.ChecklistItem
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		return changeChecklist(ctx, tx, in, id, func(list teamwork.Checklist, ticket desk.Ticket) error {
			item.ChecklistID = list.ID
			if err := readItem(ctx, tx, in, ticket, &item); err != nil {
				return err
			}
			if err := collab.ChecklistItems.Insert(ctx, tx.DB, &item, in.Who.User.ID); err != nil {
				return err
			}
			return noteItem(ctx, tx, in, ticket.ID, item, "added", desk.Change{ValueTo: item.Text})
		})
	})
	if err != nil {
		return err
	}
	return s.answerItem(w, r, in.Params, http.StatusCreated, item.ID)
}

// readItem takes an item as a client wrote it.
func readItem(ctx context.Context, tx *store.Store, in *rest.Input, own desk.Ticket, item *teamwork.ChecklistItem) error {
	former := item.Text
	in.Text(&item.Text, "text", maxItemText)
	in.Flag(&item.Checked, "checked")
	if in.Err != nil || item.Text == former {
		return in.Err
	}
	read, err := itemsOf(ctx, tx, in, own, []string{item.Text})
	if err == nil {
		item.TicketID = read[0].TicketID
	}
	return err
}

func (s *Room) answerItem(w http.ResponseWriter, r *http.Request, p rest.Params, status int, id teamwork.ChecklistItemID) error {
	item, err := collab.ChecklistItems.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	return s.itemView(rest.Caller(r)).One(w, r, p, status, item)
}

func (s *Room) showItem(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[teamwork.ChecklistItemID](r, "id", collab.ChecklistItems.Class)
	if err != nil {
		return err
	}
	item, err := collab.ChecklistItems.Get(ctx, s.Store.DB, id)
	if err != nil {
		return err
	}
	list, err := collab.Checklists.Get(ctx, s.Store.DB, item.ChecklistID)
	if err != nil {
		return err
	}
	if _, err := s.ticket(ctx, rest.Caller(r), list.TicketID, checklistReaders(catalog)); err != nil {
		return err
	}
	return s.itemView(rest.Caller(r)).One(w, r, p, http.StatusOK, item)
}

// changeItem runs what changes the item that a path names. Its checklist is locked first, as by all
// who change it.
func (s *Room) changeItem(r *http.Request, in *rest.Input,
	change func(ctx context.Context, tx *store.Store, item teamwork.ChecklistItem, ticket desk.Ticket) error,
) (teamwork.ChecklistItemID, error) {
	ctx := r.Context()
	id, err := rest.PathID[teamwork.ChecklistItemID](r, "id", collab.ChecklistItems.Class)
	if err != nil {
		return 0, err
	}
	return id, s.Store.InTx(ctx, func(tx *store.Store) error {
		item, err := collab.ChecklistItems.Get(ctx, tx.DB, id)
		if err != nil {
			return err
		}
		return changeChecklist(ctx, tx, in, item.ChecklistID, func(_ teamwork.Checklist, ticket desk.Ticket) error {
			item, err := collab.ChecklistItems.Lock(ctx, tx.DB, id)
			if err != nil {
				return err
			}
			return change(ctx, tx, item, ticket)
		})
	})
}

func (s *Room) updateItem(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := s.changeItem(r, in, func(ctx context.Context, tx *store.Store, item teamwork.ChecklistItem, ticket desk.Ticket) error {
		before := item
		if err := readItem(ctx, tx, in, ticket, &item); err != nil {
			return err
		}
		if err := collab.ChecklistItems.Save(ctx, tx.DB, &item, in.Who.User.ID); err != nil {
			return err
		}
		if item.Text != before.Text {
			change := desk.Change{Attribute: "text", ValueFrom: before.Text, ValueTo: item.Text}
			if err := noteItem(ctx, tx, in, ticket.ID, item, "updated", change); err != nil {
				return err
			}
		}
		if item.Checked == before.Checked || item.TicketID != nil {
			return nil
		}
		return noteItem(ctx, tx, in, ticket.ID, item, "checklist_item_checked", desk.Change{ValueFrom: item.Text, ValueTo: checkedText(item.Checked)})
	})
	if err != nil {
		return err
	}
	return s.answerItem(w, r, in.Params, http.StatusOK, id)
}

func checkedText(checked bool) string {
	if checked {
		return "checked"
	}
	return "unchecked"
}

func (s *Room) deleteItem(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	_, err = s.changeItem(r, in, func(ctx context.Context, tx *store.Store, item teamwork.ChecklistItem, ticket desk.Ticket) error {
		if err := collab.ChecklistItems.Delete(ctx, tx.DB, item.ID); err != nil {
			return err
		}
		return noteItem(ctx, tx, in, ticket.ID, item, "removed", desk.Change{ValueTo: item.Text})
	})
	if err != nil {
		return err
	}
	return rest.Deleted(w)
}

// noteItem adds a change of an item to the history of its ticket.
func noteItem(ctx context.Context, tx *store.Store, in *rest.Input, ticket desk.TicketID, item teamwork.ChecklistItem, what string, change desk.Change) error {
	change.Object, change.OID, change.Type = collab.ChecklistItems.Class, int64(item.ID), what
	return noteOnTicket(ctx, tx, in, ticket, change)
}

// checklistTemplates are checklists to copy from.
func (s *Room) checklistTemplates() *rest.Resource[teamwork.ChecklistTemplate, teamwork.ChecklistTemplateID] {
	return &rest.Resource[teamwork.ChecklistTemplate, teamwork.ChecklistTemplateID]{
		House: s.House,
		Table: collab.ChecklistTemplates,
		View: func(*desk.Caller) rest.View[teamwork.ChecklistTemplate] {
			shown := rest.ViewOf(s.House, collab.ChecklistTemplates)
			shown.Records = rest.Each(func(v teamwork.ChecklistTemplate) rest.Record {
				return rest.Record{{"id", v.ID}, {"name", v.Name}, {"active", v.Active}, {"items", v.Items}}.Stamped(v.Stamp)
			})
			return shown
		},
		Sortable: []string{"name", "active"},
		Fresh:    func() teamwork.ChecklistTemplate { return teamwork.ChecklistTemplate{Active: true} },
		Read:     readTemplate,
	}
}

func readTemplate(_ context.Context, _ *store.Store, in *rest.Input, v *teamwork.ChecklistTemplate) error {
	in.Name(&v.Name)
	in.Flag(&v.Active, "active")
	if v.Name == "" {
		in.Keep(rest.Invalid("name", "Name can't be blank"))
	}
	if in.Err != nil || !in.Params.Has("items") {
		return in.Err
	}
	v.Items = []string{}
	for _, sent := range in.Params.List("items") {
		text, isText := rest.TextOf(sent)
		if !isText {
			return rest.InvalidParam("items", sent)
		}
		v.Items = append(v.Items, rest.Cut(text, maxItemText))
	}
	if len(v.Items) > teamwork.MaxChecklistItems {
		return teamwork.ErrChecklistFull
	}
	return nil
}
