package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// resource is a kind of record that clients list, find, show, make, change and delete, each kind
// like the others. A noun's file says what is special to its own; what may be nil says so.
type resource[T any, ID ~int64] struct {
	server   *Server
	table    *store.Table[T, ID]
	view     func(who *desk.Caller) view[T]
	sortable []string // columns besides the id and the stamp

	// visible says which records a list shows to whoever makes the request; nil: all.
	visible func(r *http.Request) (store.Filter[ID], error)
	// see decides whether who makes the request is shown a record or, if not, an empty one; nil: shown.
	see func(r *http.Request, v T) (bool, error)
	// choice is what a record is called where it is offered to choose from, and whether it is in use.
	// nil: this kind can't be searched.
	choice func(T) (name string, active bool)
	// found is the order of what a search found.
	found []order

	// fresh is a new record before the client's word; nil: there is nothing in it.
	fresh func() T
	// read takes what a client sent into a record and refuses what must not be stored.
	read func(ctx context.Context, tx *store.Store, in *input, v *T) error
	// link stores what else belongs to a record that was just stored; nil: nothing does.
	link func(ctx context.Context, tx *store.Store, in *input, v T) error
	// guard refuses to change or delete some records; nil: none.
	guard func(c *desk.Catalog, v T) error
	// around is around changes and deletions in their transaction; nil: nothing is.
	around func(ctx context.Context, tx *store.Store, change func() error) error
	// stays is set for records that can't be deleted.
	stays bool
}

// routes are the addresses of a kind of record below a path.
func (k *resource[T, ID]) routes(path string, readers, writers access) []route {
	all := "/api/v1/" + path
	one := all + "/{id}"
	routes := []route{
		{"GET " + all, readers, k.list},
		{"GET " + one, readers, k.get},
		{"POST " + all, writers, k.create},
		{"PUT " + one, writers, k.update},
	}
	if !k.stays {
		routes = append(routes, route{"DELETE " + one, writers, k.delete})
	}
	if k.choice != nil {
		routes = append(routes, route{"GET " + all + "/search", writers, k.search}, route{"POST " + all + "/search", writers, k.search})
	}
	return routes
}

func (k *resource[T, ID]) list(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, indexPages)
	if err != nil {
		return err
	}
	orders, err := k.ordering(p, false)
	if err != nil {
		return err
	}
	var filter store.Filter[ID]
	if k.visible != nil {
		if filter, err = k.visible(r); err != nil {
			return err
		}
	}
	return k.show(w, r, p, filter, orders, page)
}

func (k *resource[T, ID]) search(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, searchPages)
	if err != nil {
		return err
	}
	if err := noConditions(p); err != nil {
		return err
	}
	orders, err := k.ordering(p, true)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		orders = k.found
	}
	filter := store.Filter[ID]{Words: wordsOf(p)}
	if p.has("ids") {
		ids, err := idsIn[ID](p, "ids")
		if err != nil {
			return err
		}
		filter.IDs = append([]ID{}, ids...) // none is not all
	}
	return k.show(w, r, p, filter, orders, page)
}

// ordering reads by which columns a list is wanted.
func (k *resource[T, ID]) ordering(p params, descending bool) ([]order, error) {
	return ordering(p, slices.Concat([]string{"id", "created_at", "updated_at", "created_by_id", "updated_by_id"}, k.sortable), descending)
}

func (k *resource[T, ID]) show(w http.ResponseWriter, r *http.Request, p params, filter store.Filter[ID], orders []order, page store.Page) error {
	total := func() (int, error) {
		counted := filter
		counted.OnlyActive = false // the total is that of all, as clients know it
		return k.table.Count(r.Context(), k.server.Store, counted)
	}
	if k.choice != nil && p.flag("only_total_count") {
		return onlyTotal(w, r, total)
	}
	items, err := k.table.List(r.Context(), k.server.Store, filter, orders, page)
	if err != nil {
		return err
	}
	shown := k.view(caller(r))
	if k.choice == nil || !wantsChoices(p) {
		return shown.list(w, r, p, items, total)
	}
	name := func(v T) string { name, _ := k.choice(v); return name }
	active := func(v T) bool { _, active := k.choice(v); return active }
	return shown.choices(w, r, p, items, name, name, active)
}

func (k *resource[T, ID]) id(r *http.Request) (ID, error) { return pathID[ID](r, "id", k.table.Class) }

func (k *resource[T, ID]) get(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := k.id(r)
	if err != nil {
		return err
	}
	v, err := k.table.Get(r.Context(), k.server.Store, id)
	if err != nil {
		return err
	}
	if k.see != nil {
		shown, err := k.see(r, v)
		if err != nil {
			return err
		}
		if !shown {
			return reply(w, r, record{})
		}
	}
	return k.view(caller(r)).one(w, r, p, http.StatusOK, v)
}

func (k *resource[T, ID]) create(w http.ResponseWriter, r *http.Request) error {
	in, err := k.server.input(r)
	if err != nil {
		return err
	}
	var v T
	if k.fresh != nil {
		v = k.fresh()
	}
	err = k.server.Store.InTx(r.Context(), func(tx *store.Store) error {
		if err := k.table.Wait(r.Context(), tx); err != nil {
			return err
		}
		return k.write(r.Context(), tx, in, &v, k.table.Insert)
	})
	if err != nil {
		return err
	}
	return k.saved(w, r, in.p, http.StatusCreated, k.table.ID(v))
}

func (k *resource[T, ID]) update(w http.ResponseWriter, r *http.Request) error {
	in, err := k.server.input(r)
	if err != nil {
		return err
	}
	id, err := k.id(r)
	if err != nil {
		return err
	}
	err = k.change(r.Context(), in.catalog, id, func(tx *store.Store, v T) error {
		return k.write(r.Context(), tx, in, &v, k.table.Save)
	})
	if err != nil {
		return err
	}
	return k.saved(w, r, in.p, http.StatusOK, id)
}

func (k *resource[T, ID]) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := k.id(r)
	if err != nil {
		return err
	}
	catalog, err := k.server.catalog(r)
	if err != nil {
		return err
	}
	err = k.change(r.Context(), catalog, id, func(tx *store.Store, _ T) error {
		return k.table.Delete(r.Context(), tx, id)
	})
	if err != nil {
		return err
	}
	k.server.changed()
	return deleted(w)
}

// change runs what changes or deletes a record, which nobody else can change meanwhile.
func (k *resource[T, ID]) change(ctx context.Context, c *desk.Catalog, id ID, fn func(tx *store.Store, v T) error) error {
	return k.server.Store.InTx(ctx, func(tx *store.Store) error {
		change := func() error {
			v, err := k.table.Lock(ctx, tx, id)
			if err == nil && k.guard != nil {
				err = k.guard(c, v)
			}
			if err != nil {
				return err
			}
			return fn(tx, v)
		}
		if k.around == nil {
			return change()
		}
		return k.around(ctx, tx, change)
	})
}

func (k *resource[T, ID]) write(ctx context.Context, tx *store.Store, in *input, v *T,
	put func(context.Context, *store.Store, *T, desk.UserID) error,
) error {
	if err := k.read(ctx, tx, in, v); err != nil {
		return err
	}
	if err := put(ctx, tx, v, in.who.User.ID); err != nil || k.link == nil {
		return err
	}
	return k.link(ctx, tx, in, *v)
}

// saved answers with a record as it is stored now: the next GET must say the same.
func (k *resource[T, ID]) saved(w http.ResponseWriter, r *http.Request, p params, status int, id ID) error {
	k.server.changed()
	v, err := k.table.Get(r.Context(), k.server.Store, id)
	if err != nil {
		return err
	}
	return k.view(caller(r)).one(w, r, p, status, v)
}

// changed makes this process see at once what it just changed.
func (s *Server) changed() {
	s.callers.forget()
	s.Store.ForgetCatalog()
}

// viewOf shows the records of a table with who made and changed them. How their columns are shown
// is for the noun to add.
func viewOf[T any, ID ~int64](s *Server, t *store.Table[T, ID]) view[T] {
	return view[T]{
		model: strings.ReplaceAll(t.Class, "::", ""),
		id:    func(v T) int64 { return int64(t.ID(v)) },
		expand: func(ctx context.Context, items []T, records []record) error {
			return s.addStamps(ctx, stampsOf(items, t.Stamp), records)
		},
	}
}

// linked shows records with their ties to others, which are looked up for a whole page at once.
func linked[T any, ID ~int64, L any](id func(T) ID, look func(context.Context, []ID) (map[ID]L, error), show func(T, L) record,
) func(context.Context, []T) ([]record, error) {
	return func(ctx context.Context, items []T) ([]record, error) {
		ids := make([]ID, len(items))
		for i, item := range items {
			ids[i] = id(item)
		}
		links, err := look(ctx, ids)
		if err != nil {
			return nil, err
		}
		records := make([]record, len(items))
		for i, item := range items {
			records[i] = show(item, links[ids[i]])
		}
		return records, nil
	}
}
