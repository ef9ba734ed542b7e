package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store"
	"postroom/internal/store/table"
)

// Resource is a kind of record that clients list, find, show, make, change and delete, each kind
// like the others. A noun's file says what is special to its own; what may be nil says so.
type Resource[T any, ID ~int64] struct {
	House    *House
	Table    *table.Of[T, ID]
	View     func(who *desk.Caller) View[T]
	Sortable []string // columns besides the id and the stamp
	Object   string   // the kind as administrators add attributes to it; empty: they can't

	// Visible says which records a list shows to whoever makes the request; nil: all.
	Visible func(r *http.Request) (table.Filter[ID], error)
	// See decides whether who makes the request is shown a record or, if not, an empty one; nil: shown.
	See func(r *http.Request, v T) (bool, error)
	// Choice is what a record is called where it is offered to choose from, and whether it is in use.
	// nil: this kind can't be searched.
	Choice func(T) (name string, active bool)
	// Found is the order of what a search found.
	Found []Order
	// Page and Total find and count records in a better way than the table does; nil: there is none.
	Page  func(ctx context.Context, filter table.Filter[ID], orders []Order, page table.Page) ([]T, error)
	Total func(ctx context.Context, filter table.Filter[ID]) (int, error)
	// Attributes are those that conditions and queries may name; nil: this kind is found by words only.
	Attributes func(*desk.Catalog) *rules.Attributes

	// Fresh is a new record before the client's word; nil: there is nothing in it.
	Fresh func() T
	// Read takes what a client sent into a record and refuses what must not be stored.
	Read func(ctx context.Context, tx *store.Store, in *Input, v *T) error
	// History says what changed, for the history to keep; before is empty for a new record. nil: nothing is kept.
	History func(before, after T, c *desk.Catalog, by desk.UserID) []desk.Change
	// Link stores what else belongs to a record that was just stored; nil: nothing does.
	Link func(ctx context.Context, tx *store.Store, in *Input, v T) error
	// Guard refuses to change or delete some records; nil: none.
	Guard func(c *desk.Catalog, v T) error
	// Around is around changes and deletions in their transaction; nil: nothing is.
	Around func(ctx context.Context, tx *store.Store, change func() error) error
	// Stays is set for records that can't be deleted.
	Stays bool
}

// Routes are the addresses of a kind of record below a path: who may list and show, and who may
// find, make, change and delete.
func (k *Resource[T, ID]) Routes(t *Table, path string, readers, writers Access) {
	all := "/api/v1/" + path
	one := all + "/{id}"
	view := k.View(Anybody)
	t.Handle("GET "+all, readers, k.List).Asks(ListQuery...).GivesOf(view.ListSample)
	t.Handle("GET "+one, readers, k.Get).Asks(ShapeQuery...).GivesOf(view.OneSample)
	t.Handle("POST "+all, writers, k.Create).TakesOf(view.BodySample).CreatesOf(view.OneSample)
	t.Handle("PUT "+one, writers, k.Update).TakesOf(view.BodySample).GivesOf(view.OneSample)
	if !k.Stays {
		t.Handle("DELETE "+one, writers, k.Delete)
	}
	if k.Choice != nil {
		t.Handle("GET "+all+"/search", writers, k.Search).Asks(SearchQuery...).GivesOf(view.FoundSample)
		t.Handle("POST "+all+"/search", writers, k.Search).GivesOf(view.FoundSample).Takes(SearchBody)
	}
}

// Anybody is in whose name samples are worked out: somebody who sees everything.
var Anybody = &desk.Caller{Permissions: []string{"admin", "ticket.agent"}}

// What lists and searches take.
var (
	ShapeQuery  = []string{"expand", "full"}
	ListQuery   = []string{"page", "per_page", "sort_by", "order_by", "expand", "full"}
	SearchQuery = append([]string{"query", "ids", "only_total_count", "highlight", "label", "term"}, ListQuery...)
	SearchBody  = Record{{"query", ""}, {"condition", Record{}}, {"ids", []int64{}}, {"page", 0}, {"per_page", 0}, {"sort_by", ""}, {"order_by", ""}, {"highlight", false}}
)

func (k *Resource[T, ID]) List(w http.ResponseWriter, r *http.Request) error {
	p, page, err := ListParams(r, IndexPages)
	if err != nil {
		return err
	}
	orders, err := k.ordering(r, p, false)
	if err != nil {
		return err
	}
	var filter table.Filter[ID]
	if k.Visible != nil {
		if filter, err = k.Visible(r); err != nil {
			return err
		}
	}
	return k.show(w, r, p, filter, orders, page)
}

func (k *Resource[T, ID]) Search(w http.ResponseWriter, r *http.Request) error {
	p, page, err := ListParams(r, SearchPages)
	if err != nil {
		return err
	}
	orders, err := k.ordering(r, p, true)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		orders = k.Found
	}
	filter, err := k.filter(r, p)
	if err != nil {
		return err
	}
	if filter.IDs, err = OnlyIDs[ID](p); err != nil {
		return err
	}
	return k.show(w, r, p, filter, orders, page)
}

// filter reads what a search looks for.
func (k *Resource[T, ID]) filter(r *http.Request, p Params) (table.Filter[ID], error) {
	if k.Attributes == nil {
		return table.Filter[ID]{Words: WordsOf(p)}, NoConditions(p)
	}
	catalog, err := k.House.Catalog(r)
	if err != nil {
		return table.Filter[ID]{}, err
	}
	search, err := k.House.Search(r, p, k.Attributes(catalog))
	return table.Filter[ID]{Search: search}, err
}

// ordering reads by which columns a list is wanted.
func (k *Resource[T, ID]) ordering(r *http.Request, p Params, descending bool) ([]Order, error) {
	columns := slices.Concat([]string{"id", "created_at", "updated_at", "created_by_id", "updated_by_id"}, k.Sortable)
	if k.Object == "" {
		return Ordering(p, columns, descending)
	}
	catalog, err := k.House.Catalog(r)
	if err != nil {
		return nil, err
	}
	return OrderingBy(p, columns, catalog.CustomAttributes(k.Object), descending)
}

func (k *Resource[T, ID]) show(w http.ResponseWriter, r *http.Request, p Params, filter table.Filter[ID], orders []Order, page table.Page) error {
	total := func() (int, error) {
		counted := filter
		counted.OnlyActive = false // the total is that of all, as clients know it
		return k.counted(r.Context(), counted)
	}
	if k.Choice != nil && p.Flag("only_total_count") {
		return OnlyTotal(w, r, total)
	}
	items, err := k.listed(r.Context(), filter, orders, page)
	if err != nil {
		return err
	}
	shown := k.View(Caller(r))
	shown.Marks = filter.Marks
	if k.Choice == nil || !WantsChoices(p) {
		return shown.List(w, r, p, items, total)
	}
	name := func(v T) string { name, _ := k.Choice(v); return name }
	active := func(v T) bool { _, active := k.Choice(v); return active }
	return shown.Choices(w, r, p, items, name, name, active)
}

func (k *Resource[T, ID]) listed(ctx context.Context, filter table.Filter[ID], orders []Order, page table.Page) ([]T, error) {
	if k.Page != nil {
		return k.Page(ctx, filter, orders, page)
	}
	return k.Table.List(ctx, k.House.Store.DB, filter, orders, page)
}

func (k *Resource[T, ID]) counted(ctx context.Context, filter table.Filter[ID]) (int, error) {
	if k.Total != nil {
		return k.Total(ctx, filter)
	}
	return k.Table.Count(ctx, k.House.Store.DB, filter)
}

func (k *Resource[T, ID]) id(r *http.Request) (ID, error) { return PathID[ID](r, "id", k.Table.Class) }

func (k *Resource[T, ID]) Get(w http.ResponseWriter, r *http.Request) error {
	p, err := ReadParams(r)
	if err != nil {
		return err
	}
	id, err := k.id(r)
	if err != nil {
		return err
	}
	v, err := k.Table.Get(r.Context(), k.House.Store.DB, id)
	if err != nil {
		return err
	}
	if k.See != nil {
		shown, err := k.See(r, v)
		if err != nil {
			return err
		}
		if !shown {
			return Reply(w, r, Record{})
		}
	}
	return k.View(Caller(r)).One(w, r, p, http.StatusOK, v)
}

func (k *Resource[T, ID]) Create(w http.ResponseWriter, r *http.Request) error {
	in, err := k.House.Input(r)
	if err != nil {
		return err
	}
	var id ID
	err = k.House.Store.InTx(r.Context(), func(tx *store.Store) (err error) {
		id, err = k.Make(r.Context(), tx, in)
		return err
	})
	if err != nil {
		return err
	}
	return k.Saved(w, r, in.Params, http.StatusCreated, id)
}

// Make stores a new record as a client describes it, and returns its id.
func (k *Resource[T, ID]) Make(ctx context.Context, tx *store.Store, in *Input) (ID, error) {
	var v T
	if k.Fresh != nil {
		v = k.Fresh()
	}
	if err := k.Table.Wait(ctx, tx.DB); err != nil {
		return 0, err
	}
	err := k.write(ctx, tx, in, &v, func() error { return k.Table.Insert(ctx, tx.DB, &v, in.Who.User.ID) })
	return k.Table.ID(v), err
}

func (k *Resource[T, ID]) Update(w http.ResponseWriter, r *http.Request) error {
	in, err := k.House.Input(r)
	if err != nil {
		return err
	}
	id, err := k.id(r)
	if err != nil {
		return err
	}
	err = k.House.Store.InTx(r.Context(), func(tx *store.Store) error { return k.Change(r.Context(), tx, in, id) })
	if err != nil {
		return err
	}
	return k.Saved(w, r, in.Params, http.StatusOK, id)
}

// Change stores what a client changes of a record.
func (k *Resource[T, ID]) Change(ctx context.Context, tx *store.Store, in *Input, id ID) error {
	return k.change(ctx, tx, in.Catalog, id, func(v T) error {
		return k.write(ctx, tx, in, &v, func() error { return k.Table.Save(ctx, tx.DB, &v, in.Who.User.ID) })
	})
}

func (k *Resource[T, ID]) Delete(w http.ResponseWriter, r *http.Request) error {
	id, err := k.id(r)
	if err != nil {
		return err
	}
	catalog, err := k.House.Catalog(r)
	if err != nil {
		return err
	}
	err = k.House.Store.InTx(r.Context(), func(tx *store.Store) error {
		return k.change(r.Context(), tx, catalog, id, func(T) error { return k.Table.Delete(r.Context(), tx.DB, id) })
	})
	if err != nil {
		return err
	}
	k.House.Changed()
	return Deleted(w)
}

// change runs what changes or deletes a record, which nobody else can change meanwhile.
func (k *Resource[T, ID]) change(ctx context.Context, tx *store.Store, c *desk.Catalog, id ID, fn func(v T) error) error {
	change := func() error {
		v, err := k.Table.Lock(ctx, tx.DB, id)
		if err == nil && k.Guard != nil {
			err = k.Guard(c, v)
		}
		if err != nil {
			return err
		}
		return fn(v)
	}
	if k.Around == nil {
		return change()
	}
	return k.Around(ctx, tx, change)
}

func (k *Resource[T, ID]) write(ctx context.Context, tx *store.Store, in *Input, v *T, put func() error) error {
	before := *v
	if err := k.Read(ctx, tx, in, v); err != nil {
		return err
	}
	if err := put(); err != nil {
		return err
	}
	if k.History != nil {
		if err := tx.AddHistory(ctx, k.History(before, *v, in.Catalog, in.Who.User.ID)); err != nil {
			return err
		}
	}
	if k.Link != nil {
		if err := k.Link(ctx, tx, in, *v); err != nil {
			return err
		}
	}
	return in.Restamp(ctx, tx, k.Table.Name, int64(k.Table.ID(*v)))
}

// Saved answers with a record as it is stored now: the next GET must say the same.
func (k *Resource[T, ID]) Saved(w http.ResponseWriter, r *http.Request, p Params, status int, id ID) error {
	k.House.Changed()
	v, err := k.Table.Get(r.Context(), k.House.Store.DB, id)
	if err != nil {
		return err
	}
	return k.View(Caller(r)).One(w, r, p, status, v)
}

// ViewOf shows the records of a table with who made and changed them. How their columns are shown
// is for the noun to add.
func ViewOf[T any, ID ~int64](s *House, t *table.Of[T, ID]) View[T] {
	return View[T]{
		Model: strings.ReplaceAll(t.Class, "::", ""),
		ID:    func(v T) int64 { return int64(t.ID(v)) },
		Expand: func(ctx context.Context, items []T, records []Record) error {
			return s.AddStamps(ctx, StampsOf(items, t.Stamp), records)
		},
	}
}

// Linked shows records with their ties to others, which are looked up for a whole page at once.
func Linked[T any, ID ~int64, L any](id func(T) ID, look func(context.Context, []ID) (map[ID]L, error), show func(T, L) Record,
) func(context.Context, []T) ([]Record, error) {
	return func(ctx context.Context, items []T) ([]Record, error) {
		ids := make([]ID, len(items))
		for i, item := range items {
			ids[i] = id(item)
		}
		links, err := look(ctx, ids)
		if err != nil {
			return nil, err
		}
		records := make([]Record, len(items))
		for i, item := range items {
			records[i] = show(item, links[ids[i]])
		}
		return records, nil
	}
}
