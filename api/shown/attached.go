package shown

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/teamwork"
	"postroom/internal/store/collab"
	"postroom/internal/store/table"
)

// addAttached adds to records the ids of what is attached to their tickets, as far as the caller
// works with them: customers learn neither of checklists nor of time.
func (s *Tickets) addAttached(ctx context.Context, who *desk.Caller, tickets []desk.Ticket, records []rest.Record, how Detail) error {
	if !who.Sees() {
		for i := range records {
			records[i].Add("ticket_time_accounting_ids", []int64{})
			if how == WithNames {
				records[i].Add("ticket_time_accounting", []string{})
			}
		}
		return nil
	}
	attached, err := s.store.AttachedIDs(ctx, IDs(tickets))
	if err != nil {
		return err
	}
	for i, t := range tickets {
		of := attached[t.ID]
		records[i].Add("ticket_time_accounting_ids", of.TimeAccountingIDs)
		records[i].Add("checklist_id", of.ChecklistID)
		records[i].Add("referencing_checklist_ids", of.ReferencingChecklistIDs)
	}
	if how != WithNames {
		return nil
	}
	names, err := s.checklistNames(ctx, attached)
	for i, t := range tickets {
		of := attached[t.ID]
		if len(of.TimeAccountingIDs) == 0 { // spent time has no name to list
			records[i].Add("ticket_time_accounting", []string{})
		}
		records[i].Add("referencing_checklists", rest.NamesIn(of.ReferencingChecklistIDs, names))
	}
	return err
}

// checklistNames are what the checklists are called that name the tickets.
func (s *Tickets) checklistNames(ctx context.Context, attached map[desk.TicketID]teamwork.Attached) (map[teamwork.ChecklistID]string, error) {
	ids := rest.Set[teamwork.ChecklistID]{}
	for _, of := range attached {
		ids.Add(of.ReferencingChecklistIDs...)
	}
	names := map[teamwork.ChecklistID]string{}
	if len(ids) == 0 {
		return names, nil
	}
	lists, err := collab.Checklists.List(ctx, s.store.DB, table.Filter[teamwork.ChecklistID]{IDs: ids.Values()}, nil, table.Page{Limit: len(ids)})
	for _, list := range lists {
		names[list.ID] = list.Name
	}
	return names, err
}
