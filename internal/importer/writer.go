package importer

import (
	"context"
	"errors"
	"strings"
	"time"

	"postroom/internal/attribute"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/importer/source"
	"postroom/internal/store"
	"postroom/internal/store/helpdesks"
)

// writer writes records in one transaction.
type writer struct {
	tx       *store.Store
	run      *desk.HelpdeskImport
	catalog  *desk.Catalog
	blobs    *blob.Store
	failures []desk.ImportFailure
	custom   map[string]*desk.Attribute // by the names of fields; nil: not looked up yet
}

// records writes all of a page but its tickets.
func (w *writer) records(ctx context.Context, page source.Page) error {
	for _, write := range []func() error{
		func() error { return take(ctx, w, fieldKind, page.Fields) },
		func() error { return take(ctx, w, stateKind, page.States) },
		func() error { return take(ctx, w, priorityKind, page.Priorities) },
		func() error { return take(ctx, w, groupKind, page.Groups) },
		func() error { return take(ctx, w, organizationKind, page.Organizations) },
		func() error { return take(ctx, w, userKind, page.Users) },
		func() error { return w.memberships(ctx, page.Memberships) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// plurals are what records are counted as, by stage.
var plurals = map[source.Stage]string{
	source.Fields: "Fields", source.States: "States", source.Priorities: "Priorities", source.Groups: "Groups",
	source.Organizations: "Organizations", source.Agents: "Users", source.Customers: "Users", source.Users: "Users", source.Tickets: "Tickets",
}

// note counts what a page says of records that are not among those taken over.
func (w *writer) note(stage source.Stage, page source.Page) {
	plural, counted := plurals[stage]
	if !counted {
		return
	}
	for _, broken := range page.Broken {
		w.fail(plural[:len(plural)-1], broken.ID, broken.Reason)
	}
	w.count(plural, desk.ImportCount{
		Sum: page.Skipped + len(page.Broken), Skipped: page.Skipped, Failed: len(page.Broken), Total: page.Total,
	})
}

func (w *writer) count(plural string, more desk.ImportCount) {
	if w.run.Result == nil {
		w.run.Result = map[string]desk.ImportCount{}
	}
	w.run.Result[plural] = w.run.Result[plural].Add(more)
}

const maxReason = 500 // characters

func (w *writer) fail(object, id, reason string) {
	w.failures = append(w.failures, desk.ImportFailure{Object: object, SourceID: id, Reason: desk.Cut(reason, maxReason)})
}

// outcome is what became of a record.
type outcome int

const (
	created outcome = iota
	updated
	unchanged
	skipped
)

// entry is a record on its way.
type entry[T any] struct {
	record T
	oid    int64 // what it is here; 0 before it is written for the first time
	outcome
}

func (e *entry[T]) fresh() bool { return e.oid == 0 }

// kind says how records of one kind are written.
type kind[T any] struct {
	object, plural string
	id             func(*T) string
	changed        func(*T) time.Time
	// put writes records and says what became of them. They are as many as a page has.
	put func(ctx context.Context, w *writer, entries []*entry[T]) error
}

// take writes those of the records that were not read in this run already. Where all of them
// together can't be written, each is alone, and a bad one harms only itself.
func take[T any](ctx context.Context, w *writer, k kind[T], records []T) error {
	if len(records) == 0 {
		return nil
	}
	entries, noted, err := unread(ctx, w, k, records)
	if err != nil {
		return err
	}
	written, err := attempt(ctx, w, k, entries)
	if err != nil {
		return err
	}
	var sum desk.ImportCount
	sum.Sum, sum.Unchanged, sum.Failed = len(entries)+len(noted), len(noted), len(entries)-len(written)
	for _, e := range written {
		switch e.outcome {
		case created:
			sum.Created++
		case updated:
			sum.Updated++
		case unchanged:
			sum.Unchanged++
		case skipped:
			sum.Skipped++
		}
		if e.oid != 0 {
			noted = append(noted, helpdesks.Noted{SourceID: k.id(&e.record), OID: e.oid, ChangedAt: k.changed(&e.record)})
		}
	}
	w.count(k.plural, sum)
	return w.tx.NoteRecords(ctx, *w.run, k.object, noted)
}

// unread returns the records that are to be written, and beside them those that did not change since
// they were read in an earlier run.
func unread[T any](ctx context.Context, w *writer, k kind[T], records []T) (entries []*entry[T], same []helpdesks.Noted, err error) {
	names := make([]string, len(records))
	for i := range records {
		names[i] = k.id(&records[i])
	}
	known, err := w.tx.KnownRecords(ctx, *w.run, k.object, names)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for i := range records {
		was, there := known[names[i]]
		changed := k.changed(&records[i])
		switch {
		case names[i] == "":
			w.fail(k.object, "?", "it has no id")
			w.count(k.plural, desk.ImportCount{Sum: 1, Failed: 1})
		case seen[names[i]], there && was.ImportID == w.run.ID && !newer(was, changed):
		case there && was.OID != 0 && !newer(was, changed):
			same = append(same, helpdesks.Noted{SourceID: names[i], OID: was.OID, ChangedAt: changed})
		default:
			entries = append(entries, &entry[T]{record: records[i], oid: was.OID})
		}
		seen[names[i]] = true
	}
	return entries, same, nil
}

// newer reports whether a record changed since it was read. Where the source does not say, it did not.
func newer(was helpdesks.Known, changed time.Time) bool {
	return was.OID != 0 && !changed.IsZero() && (was.ChangedAt == nil || changed.Truncate(time.Millisecond).After(*was.ChangedAt))
}

// attempt writes records, all together or else one by one, and returns those that could be written.
func attempt[T any](ctx context.Context, w *writer, k kind[T], entries []*entry[T]) (written []*entry[T], err error) {
	if len(entries) == 0 {
		return nil, nil
	}
	former := make([]int64, len(entries))
	for i, e := range entries {
		former[i] = e.oid
	}
	outer := w.tx
	defer func() { w.tx = outer }()
	try := func(some []*entry[T]) error {
		return outer.Attempt(ctx, func(tx *store.Store) error {
			w.tx = tx
			return k.put(ctx, w, some)
		})
	}
	if err = try(entries); err == nil || !harmsOne(err) {
		return entries, err
	}
	for i, e := range entries {
		e.oid = former[i]
		switch err := try(entries[i : i+1]); {
		case err == nil:
			written = append(written, e)
		case harmsOne(err):
			w.fail(k.object, k.id(&e.record), err.Error())
		default:
			return nil, err
		}
	}
	return written, nil
}

// harmsOne reports whether it is the record that can't be written, whenever it is tried.
func harmsOne(err error) bool { return desk.Permanent(err) || errors.Is(err, desk.ErrConflict) }

// customOf turns values of fields into those of attributes. What an attribute can't hold is left out.
func (w *writer) customOf(ctx context.Context, values map[string]any) (map[string]any, error) {
	custom := map[string]any{}
	if len(values) == 0 {
		return custom, nil
	}
	if w.custom == nil {
		ids, err := w.tx.ImportedFields(ctx, w.run.Source)
		if err != nil {
			return nil, err
		}
		byID := map[desk.AttributeID]*desk.Attribute{}
		for _, attributes := range w.catalog.Attributes {
			for i := range attributes {
				byID[attributes[i].ID] = &attributes[i]
			}
		}
		w.custom = map[string]*desk.Attribute{}
		for name, id := range ids {
			if byID[id] != nil {
				w.custom[name] = byID[id]
			}
		}
	}
	for name, sent := range values {
		if a := w.custom[name]; a != nil {
			if list, is := sent.(string); is && a.Kind() == desk.AttributeList { // several, as some helpdesks write them
				sent = anyOf(strings.Split(list, ","))
			}
			if value, usable := attribute.Cut(a, sent); usable && value != nil {
				custom[a.Name] = value
			}
		}
	}
	return custom, nil
}

func anyOf(list []string) []any {
	all := make([]any, len(list))
	for i, v := range list {
		all[i] = strings.TrimSpace(v)
	}
	return all
}

// text makes what another helpdesk says a text of so many characters that can be stored.
func text(s string, most int) string { return desk.Cut(desk.Plain(s), most) }

// stamp is when a record was made and changed; a source that doesn't say means now.
func stamp(made, changed time.Time) (time.Time, time.Time) {
	now := time.Now().UTC()
	if made.IsZero() {
		made = changed
	}
	if made.IsZero() {
		made = now
	}
	if changed.Before(made) {
		changed = made
	}
	return made.UTC().Truncate(time.Millisecond), changed.UTC().Truncate(time.Millisecond)
}
