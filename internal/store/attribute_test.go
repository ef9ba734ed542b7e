package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/internal/attribute"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/internal/store/directory"
	"postroom/internal/store/lookup"
	"postroom/internal/store/table"
)

// define adds attributes of a kind of record and migrates.
func (b *base) define(attributes ...desk.Attribute) {
	b.t.Helper()
	for _, a := range attributes {
		b.add(a)
	}
	if err := b.MigrateAttributes(b.t.Context(), 1); err != nil {
		b.t.Fatal(err)
	}
}

// add adds an attribute that waits for a migration.
func (b *base) add(a desk.Attribute) desk.Attribute {
	b.t.Helper()
	a.Display, a.Active = a.Name, true
	err := b.WriteAttributes(b.t.Context(), func(tx *store.Store) error {
		if err := attribute.New(&a); err != nil {
			return err
		}
		return catalog.Attributes.Insert(b.t.Context(), tx.DB, &a, 1)
	})
	if err != nil {
		b.t.Fatalf("attribute %s: %v", a.Name, err)
	}
	return a
}

// change stores what a definition is to become.
func (b *base) change(object, name string, change func(*desk.Attribute)) {
	b.t.Helper()
	err := b.WriteAttributes(b.t.Context(), func(tx *store.Store) error {
		was, err := tx.AttributeNamed(b.t.Context(), object, name)
		if err != nil || was == nil {
			return errors.Join(err, fmt.Errorf("no attribute %s.%s", object, name))
		}
		becomes := *was
		change(&becomes)
		return catalog.Attributes.Save(b.t.Context(), tx.DB, &becomes, 1)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// everyType is an attribute of each type for a kind of record, with a value in it.
func everyType(object string) ([]desk.Attribute, map[string]any) {
	options := map[string]any{"a": "A", "b": "B"}
	tree := []any{map[string]any{"name": "A", "value": "a", "children": []any{map[string]any{"name": "B", "value": "a::b"}}}}
	attributes := []desk.Attribute{
		{Name: "c_input", DataType: "input", DataOption: map[string]any{"type": "text", "maxlength": 120}},
		{Name: "c_select", DataType: "select", DataOption: map[string]any{"options": options}},
		{Name: "c_tree", DataType: "tree_select", DataOption: map[string]any{"options": tree}},
		{Name: "c_multi", DataType: "multiselect", DataOption: map[string]any{"options": options}},
		{Name: "c_multi_tree", DataType: "multi_tree_select", DataOption: map[string]any{"options": tree}},
		{Name: "c_datetime", DataType: "datetime", DataOption: map[string]any{"future": true, "past": true, "diff": 0}},
		{Name: "c_date", DataType: "date", DataOption: map[string]any{"diff": nil}},
		{Name: "c_area", DataType: "textarea", DataOption: map[string]any{"maxlength": 5000}},
		{Name: "c_rich", DataType: "richtext", DataOption: map[string]any{"maxlength": 5000}},
		{Name: "c_integer", DataType: "integer", DataOption: map[string]any{"min": 0, "max": 1000000}},
		{Name: "c_boolean", DataType: "boolean", DataOption: map[string]any{"options": map[string]any{"true": "yes", "false": "no"}}},
		{Name: "c_external", DataType: "autocompletion_ajax_external_data_source", DataOption: map[string]any{"search_url": "https://x.example/?q=#{search.term}"}},
	}
	for i := range attributes {
		attributes[i].Object, attributes[i].Position = object, i
	}
	return attributes, map[string]any{
		"c_input": `it's "in" there`, "c_select": "a", "c_tree": "a::b", "c_multi": []any{"a", "b"}, "c_multi_tree": []any{"a::b"},
		"c_datetime": "2024-03-18T22:43:02.747Z", "c_date": "2024-03-18", "c_area": "a\nb", "c_rich": "<b>x</b>", "c_integer": 42,
		"c_boolean": false, "c_external": map[string]any{"value": "7", "label": "Seven"},
	}
}

func TestValuesOfEveryTypeComeBackAsTheyWereSaved(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	var all []desk.Attribute
	for _, object := range attribute.Objects {
		attributes, _ := everyType(object)
		all = append(all, attributes...)
	}
	b.define(all...)
	c, err := b.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for object, round := range map[string]func(custom map[string]any) (map[string]any, error){
		"Ticket": func(custom map[string]any) (map[string]any, error) {
			ticket := b.ticket("1")
			ticket.Custom = custom
			err := b.SaveTicket(ctx, ticket)
			got, read := b.Ticket(ctx, ticket.ID)
			return got.Custom, errors.Join(err, read)
		},
		"User": func(custom map[string]any) (map[string]any, error) {
			user := desk.User{Login: "new", Custom: custom}
			user.UpdatedByID, user.CreatedByID = 1, 1
			err := b.InsertUser(ctx, &user)
			err = errors.Join(err, b.SaveUser(ctx, &user))
			got, read := b.User(ctx, user.ID)
			return got.Custom, errors.Join(err, read)
		},
		"Organization": func(custom map[string]any) (map[string]any, error) {
			o := desk.Organization{Name: "Acme", Custom: custom}
			err := directory.Organizations.Insert(ctx, b.Store.DB, &o, 1)
			err = errors.Join(err, directory.Organizations.Save(ctx, b.Store.DB, &o, 1))
			got, read := directory.Organizations.Get(ctx, b.Store.DB, o.ID)
			return got.Custom, errors.Join(err, read)
		},
		"Group": func(custom map[string]any) (map[string]any, error) {
			g := desk.Group{Name: "Sales", NameLast: "Sales", FollowUpPossible: "yes", Custom: custom}
			err := catalog.Groups.Insert(ctx, b.Store.DB, &g, 1)
			err = errors.Join(err, catalog.Groups.Save(ctx, b.Store.DB, &g, 1))
			got, read := catalog.Groups.Get(ctx, b.Store.DB, g.ID)
			return got.Custom, errors.Join(err, read)
		},
	} {
		attributes, want := everyType(object)
		custom, err := round(want)
		if err != nil {
			t.Fatalf("%s: %v", object, err)
		}
		if known := c.CustomAttributes(object); len(known) != len(attributes) {
			t.Errorf("%s has %d attributes in the catalog, want %d", object, len(known), len(attributes))
		}
		for _, a := range c.CustomAttributes(object) {
			if got := a.Of(custom); !reflect.DeepEqual(got, want[a.Name]) {
				t.Errorf("%s.%s = %#v, want %#v", object, a.Name, got, want[a.Name])
			}
		}
	}
}

func TestAttributesLiveFromMigrationToMigration(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	customs := func() string {
		b.ForgetCatalog()
		c, err := b.Catalog(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range c.CustomAttributes("Ticket") {
			names = append(names, a.Name)
		}
		return strings.Join(names, " ")
	}
	b.add(desk.Attribute{Object: "Ticket", Name: "color", DataType: "select", DataOption: map[string]any{"options": map[string]any{"r": "Red"}}})
	if got := customs(); got != "" {
		t.Errorf("before its migration an attribute is part of tickets: %s", got)
	}
	b.define(desk.Attribute{Object: "Ticket", Name: "size", DataType: "integer", Position: 1, DataOption: map[string]any{"min": 1, "max": 9}})
	if got := customs(); got != "color size" {
		t.Errorf("after the migration tickets have %q, want color and size", got)
	}
	ticket := b.ticket("1")
	ticket.Custom = map[string]any{"color": "r", "size": 5}
	if err := b.SaveTicket(ctx, ticket); err != nil {
		t.Fatal(err)
	}

	b.change("Ticket", "color", func(a *desk.Attribute) { a.ToDelete = true })
	b.add(desk.Attribute{Object: "Ticket", Name: "never", DataType: "date", DataOption: map[string]any{"diff": 0}})
	if err := b.DiscardAttributes(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := b.MigrateAttributes(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if got := customs(); got != "color size" {
		t.Errorf("after changes that were given up tickets have %q, want color and size", got)
	}
	if n := ask[int](b, `SELECT count(*) FROM object_manager_attributes WHERE name = 'never'`); n != 0 {
		t.Error("what was never migrated and given up is still there")
	}

	b.change("Ticket", "color", func(a *desk.Attribute) { a.ToDelete = true })
	if got := customs(); got != "color size" {
		t.Errorf("an attribute goes before its migration: %q", got)
	}
	if err := b.MigrateAttributes(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if got := customs(); got != "size" {
		t.Errorf("after the deletion tickets have %q, want size", got)
	}
	if got := ask[string](b, `SELECT custom::text FROM tickets WHERE id = $1`, ticket.ID); got != `{"size": 5}` {
		t.Errorf("values after the deletion: %s", got)
	}
	if n := ask[int](b, `SELECT count(*) FROM pg_indexes WHERE starts_with(indexname, 'tickets_custom_')`); n != 1 {
		t.Errorf("%d indexes on attributes of tickets, want that of size", n)
	}
}

func TestValuesFollowTheirAttributesType(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.define(desk.Attribute{Object: "User", Name: "langs", DataType: "select", DataOption: map[string]any{"options": map[string]any{"de": "D"}}})
	b.exec(`UPDATE users SET custom = '{"langs": "de", "other": ["x"]}' WHERE id = 2`)
	for _, tc := range []struct{ dataType, want string }{
		{"multiselect", `{"langs": ["de"], "other": ["x"]}`},
		{"input", `{"langs": "de", "other": ["x"]}`},
	} {
		b.change("User", "langs", func(a *desk.Attribute) { a.DataType, a.ToMigrate = tc.dataType, true })
		if err := b.MigrateAttributes(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if got := ask[string](b, `SELECT custom::text FROM users WHERE id = 2`); got != tc.want {
			t.Errorf("as %s: %s, want %s", tc.dataType, got, tc.want)
		}
	}
}

// plan explains a query over many tickets.
func (b *base) plan(sql string) string {
	b.t.Helper()
	rows, _ := b.db.Query(b.t.Context(), "EXPLAIN "+sql)
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			b.t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	return strings.Join(lines, "\n")
}

func TestSortingAndFindingByAnAttributeUsesItsIndex(t *testing.T) {
	t.Parallel()
	b := open(t)
	attributes, _ := everyType("Ticket")
	attributes[9].DataOption["default"] = 5
	attributes[10].DataOption["default"] = true
	b.define(attributes...)
	b.exec(`
		INSERT INTO tickets (group_id, priority_id, state_id, number, title, customer_id, updated_by_id, created_by_id, custom)
		SELECT 1, 2, 1, n, 'x', 2, 1, 1, jsonb_build_object(
			'c_input', md5(n::text), 'c_select', md5(n::text), 'c_tree', md5(n::text), 'c_integer', n, 'c_boolean', n % 1000 = 0,
			'c_date', date '2000-01-01' + n, 'c_datetime', to_char(timestamp '2000-01-01' + n * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS.000"Z"'),
			'c_multi', jsonb_build_array(md5(n::text)), 'c_external', jsonb_build_object('value', md5(n::text), 'label', 'x'))
		FROM generate_series(1, 20000) AS n`)
	b.exec(`ANALYZE tickets`)
	for name, condition := range map[string]string{
		"c_input":    `(t.custom->>'c_input') = 'x'`,
		"c_select":   `(t.custom->>'c_select') IN ('x', 'y')`,
		"c_tree":     `(t.custom->>'c_tree') = 'x'`,
		"c_integer":  `coalesce((t.custom->>'c_integer')::bigint, 5) BETWEEN 1 AND 9`,
		"c_boolean":  `coalesce((t.custom->>'c_boolean')::boolean, true)`,
		"c_date":     `custom_date(t.custom, 'c_date') > date '2054-01-01'`,
		"c_datetime": `custom_time(t.custom, 'c_datetime') < timestamptz '2000-01-01 01:00Z'`,
		"c_multi":    `t.custom->'c_multi' ?| ARRAY['x', 'y']`,
		"c_external": `t.custom->'c_external'->>'value' = 'x'`,
	} {
		id := ask[int64](b, `SELECT id FROM object_manager_attributes WHERE name = $1`, name)
		index := fmt.Sprintf("tickets_custom_%d_", id)
		if plan := b.plan(`SELECT id FROM tickets t WHERE ` + condition); !strings.Contains(plan, index) {
			t.Errorf("finding by %s does without its index:\n%s", name, plan)
		}
	}
	c, err := b.Catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range c.CustomAttributes("Ticket") {
		index := fmt.Sprintf("tickets_custom_%d_", a.ID)
		switch a.Kind() {
		case desk.AttributeList, desk.AttributeExternal:
			continue // nobody sorts by lists, and values of other systems are not bounded
		}
		if a.DataType == "textarea" || a.DataType == "richtext" {
			continue // too long for an index
		}
		for _, descending := range []bool{false, true} {
			order := table.Order{Column: a.Name, Custom: &a, Descending: descending}
			queries := b.traced(func(s *store.Store) {
				_, err := s.SearchTickets(t.Context(), lookup.Search{Scope: desk.TicketScope{All: true}, Order: []table.Order{order}, Page: table.Page{Limit: 10}})
				if err != nil {
					t.Fatal(err)
				}
			})
			sql := strings.NewReplacer("$1", "10", "$2", "0").Replace(queries[len(queries)-1])
			if plan := b.plan(sql); !strings.Contains(plan, index) {
				t.Errorf("sorting by %s (descending: %v) does without its index:\n%s", a.Name, descending, plan)
			}
		}
	}
}

func TestRecordsAreSortedByTheValuesOfAttributes(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	b.define(
		desk.Attribute{Object: "Organization", Name: "size", DataType: "integer", DataOption: map[string]any{"min": 0, "max": 99, "default": 5}},
		desk.Attribute{Object: "User", Name: "since", DataType: "date", DataOption: map[string]any{"diff": nil}})
	b.exec(`INSERT INTO organizations (name, custom, updated_by_id, created_by_id) VALUES
		('ten', '{"size": 10}', 1, 1), ('nine', '{"size": 9}', 1, 1), ('five', '{}', 1, 1)`)
	b.exec(`UPDATE users SET custom = '{"since": "2020-02-02"}' WHERE id = 2`)
	c, err := b.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	size, since := c.CustomAttributes("Organization")[0], c.CustomAttributes("User")[0]
	for _, tc := range []struct {
		descending bool
		want       string
	}{{false, "five nine ten"}, {true, "ten nine five"}} {
		found, err := directory.Organizations.List(ctx, b.Store.DB, table.Filter[desk.OrganizationID]{}, []table.Order{{Custom: &size, Descending: tc.descending}}, table.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, o := range found {
			got += " " + o.Name
		}
		if got != " "+tc.want {
			t.Errorf("organizations by size (descending: %v):%s, want %s", tc.descending, got, tc.want)
		}
	}
	users, err := b.ListUsers(ctx, directory.Filter{}, []table.Order{{Custom: &since}}, table.Page{Limit: 10})
	if err != nil || len(users) != 2 || users[0].ID != 2 {
		t.Errorf("users by date = %v (%v), want user 2 first, and who has none last", users, err)
	}
}

func TestOneMigrationOfAttributesAtATime(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.add(desk.Attribute{Object: "Ticket", Name: "one", DataType: "date", DataOption: map[string]any{"diff": 0}})
	var together sync.WaitGroup
	results := make(chan error, 4)
	for range cap(results) {
		together.Go(func() { results <- b.MigrateAttributes(context.Background(), 1) })
	}
	together.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
		} else if _, refused := errors.AsType[*desk.InvalidError](err); !refused {
			t.Errorf("a migration beside another ended with %v", err)
		}
	}
	if n := ask[int](b, `SELECT count(*) FROM pg_indexes WHERE starts_with(indexname, 'tickets_custom_')`); done == 0 || n != 1 {
		t.Errorf("%d migrations succeeded and left %d indexes, want one index", done, n)
	}
	if locks := ask[int](b, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); locks != 0 {
		t.Errorf("%d advisory locks are left over", locks)
	}
}

func TestSecretsOfDataSourcesAreSealed(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.define(desk.Attribute{Object: "Ticket", Name: "ext", DataType: "autocompletion_ajax_external_data_source", DataOption: map[string]any{
		"search_url": "https://x.example", "http_basic_auth_password": "open sesame"}})
	if kept := ask[string](b, `SELECT data_option::text FROM object_manager_attributes`); strings.Contains(kept, "sesame") {
		t.Errorf("the password is kept in the clear: %s", kept)
	}
	c, err := b.Catalog(t.Context())
	if err != nil || c.Attributes["Ticket"][0].DataOption["http_basic_auth_password"] != "open sesame" {
		t.Errorf("the catalog has %v (%v)", c.Attributes, err)
	}
}

// queryLog keeps the SQL of every query.
type queryLog struct{ queries []string }

func (l *queryLog) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	l.queries = append(l.queries, data.SQL)
	return ctx
}

func (l *queryLog) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// traced returns the SQL of what fn does on a store of the same database.
func (b *base) traced(fn func(*store.Store)) []string {
	b.t.Helper()
	var log queryLog
	s, err := store.Open(b.t.Context(), store.Options{URL: b.db.Config().ConnString(), SecretKey: secretKey, Tracer: &log})
	if err != nil {
		b.t.Fatal(err)
	}
	defer s.Close()
	fn(s)
	return log.queries
}
