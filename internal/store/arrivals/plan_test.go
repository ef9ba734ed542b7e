package arrivals

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/internal/devstack"
)

// A channel may have brought in a million messages: whether one of them had the same bytes is for
// the index of bytes to say.
func TestBytesThatCameBeforeAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	db, err := pgx.Connect(t.Context(), devstack.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	_, err = db.Exec(t.Context(), `PREPARE taken (bigint[], text[], text[], bigint[], jsonb[], text[], timestamptz[], text, text, text[]) AS `+insertInbound)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
		if _, err := db.Exec(t.Context(), `SET plan_cache_mode = `+mode); err != nil {
			t.Fatal(err)
		}
		rows, _ := db.Query(t.Context(), `EXPLAIN EXECUTE taken ('{1}', '{email}', '{7:1}', '{5}', '{"{}"}', '{abc}', '{now}', 'inbound', 'x', '{}')`)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if plan := strings.Join(lines, "\n"); strings.Count(plan, "inbound_messages_blob") != 1 {
			t.Errorf("%s does without the index of bytes:\n%s", mode, plan)
		}
	}
}
