package store_test

import (
	"slices"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/store/table"
)

// Pages near the beginning are found in another way than those far down.
func TestPagesFarDownGoOnWhereThoseBeforeEnd(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.exec(`
		INSERT INTO organizations (id, name, updated_by_id, created_by_id) VALUES (7, 'A', 1, 1);
		INSERT INTO groups (id, name, name_last, updated_by_id, created_by_id) VALUES (2, 'Other', 'Other', 1, 1), (3, 'Third', 'Third', 1, 1);
		INSERT INTO tickets (id, group_id, priority_id, state_id, organization_id, number, title, customer_id, updated_by_id, created_by_id)
		SELECT n, 1 + n % 3, 2, 1, CASE WHEN n % 5 = 0 THEN 7 END, n::text, 'x', 1 + n % 2, 1, 1
		FROM generate_series(1, 6300) n`)
	for name, scope := range map[string]desk.TicketScope{
		"everything": {All: true},
		"two groups": {Groups: []desk.GroupID{1, 3}},
		"a customer": {Customer: 2},
		"a customer and a group, with an organization": {Customer: 2, Groups: []desk.GroupID{2}, Organizations: []desk.OrganizationID{7}},
	} {
		visible := ask[[]int64](b, `
			SELECT array_agg(id ORDER BY id)
			FROM tickets
			WHERE $1 OR group_id = ANY($2) OR customer_id = $3 OR organization_id = ANY($4)`,
			scope.All, scope.Groups, scope.Customer, scope.Organizations)
		for _, offset := range []int{0, 1890, 1899, 1901, 1950, 2000, 3100, len(visible) - 5, len(visible)} {
			tickets, err := b.ListTickets(t.Context(), scope, table.Page{Limit: 100, Offset: offset})
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, ticket := range tickets {
				got = append(got, int64(ticket.ID))
			}
			if want := visible[offset:min(offset+100, len(visible))]; !slices.Equal(got, want) {
				t.Errorf("%s after %d: %d tickets from %v, want %d from %v", name, offset, len(got), got[:min(1, len(got))], len(want), want[:min(1, len(want))])
			}
		}
	}
}
