package reports

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"postroom/api/rest"
	"postroom/internal/desk"
)

const sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

var columns = []any{
	"#", "Title", "State", "Priority", "Group", "Owner", "Customer", "Organization", "Create Channel", "Sender",
	"Time Units Total", "Created at", "Updated at", "Pending till", "Closed at",
}

// writeSheet answers with tickets as a file that spreadsheets open.
func (s *Room) writeSheet(w http.ResponseWriter, r *http.Request, q *question, l line, tickets []desk.Ticket) error {
	name := fmt.Sprintf("tickets-%s-%s", q.profile.Name, l.display)
	rows, err := s.rows(r.Context(), q, tickets)
	if err != nil {
		return err
	}
	book := excelize.NewFile()
	defer book.Close() // removes what didn't fit into memory
	if err := fill(book, rows); err != nil {
		return fmt.Errorf("report %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", sheetType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + ".xlsx"}))
	h.Set("Cache-Control", "private, max-age=0, must-revalidate")
	_ = book.Write(w) // fails when the client is gone, and then nobody can be told
	return nil
}

func fill(book *excelize.File, rows [][]any) error {
	sheet, err := book.NewStreamWriter(book.GetSheetName(0))
	if err != nil {
		return err
	}
	if err := sheet.SetColWidth(1, len(columns), 20); err != nil {
		return err
	}
	for i, row := range append([][]any{columns}, rows...) {
		if err := sheet.SetRow("A"+strconv.Itoa(i+1), row); err != nil {
			return err
		}
	}
	return sheet.Flush()
}

// rows are tickets as cells, with the times of the zone in which the report is. Two questions find the names
// of everybody.
func (s *Room) rows(ctx context.Context, q *question, tickets []desk.Ticket) ([][]any, error) {
	users, organizations := rest.Set[desk.UserID]{}, rest.Set[desk.OrganizationID]{}
	for _, t := range tickets {
		users.Add(t.OwnerID, t.CustomerID)
		if t.OrganizationID != nil {
			organizations.Add(*t.OrganizationID)
		}
	}
	people, err := s.Store.Users(ctx, users.Values())
	if err != nil {
		return nil, err
	}
	names, err := s.Store.NamesOf(ctx, nil, organizations.Values())
	if err != nil {
		return nil, err
	}
	c, zone := q.asked.Catalog, q.moments[0].Location()
	rows := make([][]any, len(tickets))
	for i, t := range tickets {
		owner, customer := people[t.OwnerID], people[t.CustomerID]
		rows[i] = []any{
			t.Number, t.Title, c.States[t.StateID].Name, c.Priorities[t.PriorityID].Name, c.Groups[t.GroupID].Name,
			owner.FullName(), customer.FullName(), of(names.Organizations, t.OrganizationID),
			channel(c, t.CreateArticleTypeID), sender(t.CreateArticleSenderID), text(t.TimeUnit),
			clock(&t.CreatedAt, zone), clock(&t.UpdatedAt, zone), clock(t.PendingTime, zone), clock(t.CloseAt, zone),
		}
	}
	return rows, nil
}

func of[K comparable](names map[K]string, id *K) string {
	if id == nil {
		return ""
	}
	return names[*id]
}

func channel(c *desk.Catalog, id *desk.ArticleTypeID) string {
	if id == nil {
		return ""
	}
	return c.ArticleTypes[*id].Name
}

func sender(id *desk.SenderID) string {
	if id == nil {
		return ""
	}
	return map[desk.SenderID]string{desk.SenderAgent: "Agent", desk.SenderCustomer: "Customer", desk.SenderSystem: "System"}[*id]
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func clock(t *time.Time, zone *time.Location) string {
	if t == nil {
		return ""
	}
	return t.In(zone).Format(time.DateTime)
}
