package collab

import (
	"context"
	"net/http"
	"strings"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store"
	"postroom/internal/store/collab"
)

// maxChecklistName is how long the name of a checklist is at most, in characters.
const maxChecklistName = 250

// checklistAnswer shows a checklist with its items and the tickets that it is about, as far as the
// caller sees them.
func (s *Room) checklistAnswer(ctx context.Context, who *desk.Caller, list teamwork.Checklist) (rest.Record, error) {
	items, err := s.Store.ItemsOf(ctx, list.ID)
	if err != nil {
		return nil, err
	}
	ids := []desk.TicketID{list.TicketID}
	order := make([]teamwork.ChecklistItemID, len(items))
	for i, item := range items {
		order[i] = item.ID
		if item.TicketID != nil {
			ids = append(ids, *item.TicketID)
		}
	}
	found, err := s.Store.TicketsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	shown, err := s.itemView(who).Show(ctx, items, rest.ShapePlain)
	if err != nil {
		return nil, err
	}
	tickets := readable(who, found)
	assets, err := s.shown.Assets(ctx, who, tickets, list.CreatedByID, list.UpdatedByID)
	if err != nil {
		return nil, err
	}
	assets = append(s.itemView(who).Assets(items, shown), assets...)
	assets = append(rest.Record{{"Checklist", map[teamwork.ChecklistID]rest.Record{list.ID: checklistRecord(list, order)}}}, assets...)
	return rest.Record{{"id", list.ID}, {"assets", assets}}, nil
}

// readable are those of the tickets that somebody may see.
func readable(who *desk.Caller, tickets map[desk.TicketID]desk.Ticket) []desk.Ticket {
	access := who.TicketAccess()
	var visible []desk.Ticket
	for _, t := range tickets {
		if access.MayShow(t) == nil {
			visible = append(visible, t)
		}
	}
	return visible
}

func checklistRecord(list teamwork.Checklist, items []teamwork.ChecklistItemID) rest.Record {
	return rest.Record{{"id", list.ID}, {"name", list.Name}, {"ticket_id", list.TicketID}, {"sorted_item_ids", items}}.Stamped(list.Stamp)
}

// checklistSample is what an answer about a checklist looks like.
var checklistSample = rest.Record{{"id", teamwork.ChecklistID(0)}, {"assets", rest.Record{}}}

// createChecklist makes the checklist of a ticket, with the items of a template if one is named.
func (s *Room) createChecklist(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := rest.IDIn[desk.TicketID](in.Params, "ticket_id")
	if err != nil {
		return err
	}
	list := teamwork.Checklist{TicketID: id}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		ticket, err := lockedTicket(ctx, tx, in.Who, id, checklistWriters(in.Catalog))
		if err != nil {
			return err
		}
		template, err := templateIn(ctx, tx, in)
		if err != nil {
			return err
		}
		list.Name = template.Name
		in.Text(&list.Name, "name", maxChecklistName)
		if in.Err != nil {
			return in.Err
		}
		if err := collab.Checklists.Insert(ctx, tx.DB, &list, in.Who.User.ID); err != nil {
			return err
		}
		items, err := itemsOf(ctx, tx, in, ticket, template.Items)
		if err != nil {
			return err
		}
		if err := tx.CopyTemplate(ctx, list.ID, items, in.Who.User.ID); err != nil {
			return err
		}
		return noteChecklist(ctx, tx, in, list, "added", desk.Change{ValueTo: list.Name})
	})
	if err != nil {
		return err
	}
	return s.answerChecklist(w, r, http.StatusCreated, list.ID)
}

// templateIn is the template that a client names, an empty one if none is.
func templateIn(ctx context.Context, tx *store.Store, in *rest.Input) (teamwork.ChecklistTemplate, error) {
	id, err := rest.IDIn[teamwork.ChecklistTemplateID](in.Params, "template_id")
	if err != nil || id == 0 {
		return teamwork.ChecklistTemplate{}, err
	}
	template, err := collab.ChecklistTemplates.Get(ctx, tx.DB, id)
	if err == nil && !template.Active {
		err = rest.Invalid("template_id", "Checklist template must be active to use as a checklist starting point.")
	}
	return template, err
}

// answerChecklist answers with a checklist as it is stored now.
func (s *Room) answerChecklist(w http.ResponseWriter, r *http.Request, status int, id teamwork.ChecklistID) error {
	list, err := collab.Checklists.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	answer, err := s.checklistAnswer(r.Context(), rest.Caller(r), list)
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		return rest.Reply(w, r, answer)
	}
	return rest.WriteJSON(w, status, answer)
}

// checklistReaders and checklistWriters are those who work on the ticket, while there are checklists.
func checklistReaders(c *desk.Catalog) may {
	return func(a desk.TicketAccess, t desk.Ticket) error {
		if err := teamwork.MayUseChecklists(c); err != nil {
			return err
		}
		return a.MayReadAsAgent(t)
	}
}

func checklistWriters(c *desk.Catalog) may {
	return func(a desk.TicketAccess, t desk.Ticket) error {
		if err := teamwork.MayUseChecklists(c); err != nil {
			return err
		}
		return a.MayChangeAsAgent(t)
	}
}

func (s *Room) showChecklist(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[teamwork.ChecklistID](r, "id", collab.Checklists.Class)
	if err != nil {
		return err
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	list, err := collab.Checklists.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	if _, err := s.ticket(r.Context(), rest.Caller(r), list.TicketID, checklistReaders(catalog)); err != nil {
		return err
	}
	return s.answerChecklist(w, r, http.StatusOK, id)
}

// changeChecklist runs what changes a checklist, which nobody else can change meanwhile, nor its items.
func changeChecklist(ctx context.Context, tx *store.Store, in *rest.Input, id teamwork.ChecklistID,
	change func(list teamwork.Checklist, ticket desk.Ticket) error,
) error {
	list, err := collab.Checklists.Lock(ctx, tx.DB, id)
	if err != nil {
		return err
	}
	ticket, err := tx.Ticket(ctx, list.TicketID)
	if err != nil {
		return err
	}
	if err := checklistWriters(in.Catalog)(in.Who.TicketAccess(), ticket); err != nil {
		return err
	}
	return change(list, ticket)
}

func (s *Room) updateChecklist(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := rest.PathID[teamwork.ChecklistID](r, "id", collab.Checklists.Class)
	if err != nil {
		return err
	}
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		return changeChecklist(ctx, tx, in, id, func(list teamwork.Checklist, _ desk.Ticket) error {
			former := list.Name
			in.Text(&list.Name, "name", maxChecklistName)
			list.Name = strings.TrimSpace(list.Name)
			if in.Err != nil {
				return in.Err
			}
			if in.Params.Has("sorted_item_ids") {
				order, err := rest.IDsIn[teamwork.ChecklistItemID](in.Params, "sorted_item_ids")
				if err != nil {
					return err
				}
				if err := tx.SortItems(ctx, id, order); err != nil {
					return err
				}
			}
			if err := collab.Checklists.Save(ctx, tx.DB, &list, in.Who.User.ID); err != nil || list.Name == former {
				return err
			}
			return noteChecklist(ctx, tx, in, list, "updated", desk.Change{Attribute: "name", ValueFrom: former, ValueTo: list.Name})
		})
	})
	if err != nil {
		return err
	}
	return s.answerChecklist(w, r, http.StatusOK, id)
}

func (s *Room) deleteChecklist(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := rest.PathID[teamwork.ChecklistID](r, "id", collab.Checklists.Class)
	if err != nil {
		return err
	}
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		return changeChecklist(ctx, tx, in, id, func(list teamwork.Checklist, _ desk.Ticket) error {
			if err := collab.Checklists.Delete(ctx, tx.DB, id); err != nil {
				return err
			}
			return noteChecklist(ctx, tx, in, list, "removed", desk.Change{ValueTo: list.Name})
		})
	})
	if err != nil {
		return err
	}
	return rest.Deleted(w)
}

// noteChecklist adds a change of a checklist to the history of its ticket.
func noteChecklist(ctx context.Context, tx *store.Store, in *rest.Input, list teamwork.Checklist, what string, change desk.Change) error {
	change.Object, change.OID, change.Type = collab.Checklists.Class, int64(list.ID), what
	return noteOnTicket(ctx, tx, in, list.TicketID, change)
}

func noteOnTicket(ctx context.Context, tx *store.Store, in *rest.Input, ticket desk.TicketID, change desk.Change) error {
	change.RelatedObject, change.RelatedOID, change.By = desk.ObjectTicket, int64(ticket), in.Who.User.ID
	change.ValueFrom, change.ValueTo = desk.Cut(change.ValueFrom, maxNoted), desk.Cut(change.ValueTo, maxNoted)
	return tx.AddHistory(ctx, []desk.Change{change})
}

// maxNoted is how much of a value the history keeps, in characters.
const maxNoted = 500
