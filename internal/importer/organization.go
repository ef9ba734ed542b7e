package importer

import (
	"context"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/importer/source"
	"postroom/internal/store/installation"
)

const maxNote = 5000 // characters

var organizationKind = kind[source.Organization]{
	object: "Organization", plural: "Organizations",
	id:      func(o *source.Organization) string { return o.ID },
	changed: func(o *source.Organization) time.Time { return o.Changed },
	put: func(ctx context.Context, w *writer, entries []*entry[source.Organization]) error {
		return w.organizations(ctx, entries)
	},
}

// organizations writes a page of them. One that has the name of another is that one.
func (w *writer) organizations(ctx context.Context, entries []*entry[source.Organization]) error {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.ToLower(text(e.record.Name, maxName))
	}
	known, err := w.tx.IDsByName(ctx, "organizations", names)
	if err != nil {
		return err
	}
	ids, err := w.tx.DrawIDs(ctx, "organizations", len(entries))
	if err != nil {
		return err
	}
	var rows []installation.Record
	for i, e := range entries {
		row, err := w.organizationRow(ctx, e.record)
		if err != nil {
			return err
		}
		switch {
		case !e.fresh():
			e.outcome = updated
			if err := w.tx.UpdateRecord(ctx, "organizations", e.oid, changeOf(row)); err != nil {
				return err
			}
		case known[names[i]] != 0:
			e.oid, e.outcome = known[names[i]], unchanged
		default:
			row["id"], e.oid, e.outcome = ids[i], ids[i], created
			known[names[i]] = e.oid
			rows = append(rows, row)
		}
	}
	return w.tx.InsertRecords(ctx, "organizations", rows)
}

func (w *writer) organizationRow(ctx context.Context, o source.Organization) (installation.Record, error) {
	name := strings.TrimSpace(text(o.Name, maxName))
	if name == "" {
		return nil, &desk.InvalidError{Field: "name", Reason: "Name can't be blank"}
	}
	custom, err := w.customOf(ctx, o.Custom)
	made, changed := stamp(o.Created, o.Changed)
	return installation.Record{
		"id": int64(0), "name": name, "shared": o.Shared, "domain": text(strings.ToLower(o.Domain), maxName), "active": !o.Inactive,
		"note": text(o.Note, maxNote), "custom": custom,
		"updated_by_id": desk.SystemUser, "created_by_id": desk.SystemUser, "created_at": made, "updated_at": changed,
	}, err
}

// changeOf is what a row changes of one that is there already: who made it and when stays.
func changeOf(row installation.Record) installation.Record {
	for _, column := range []string{"id", "login", "password", "preferences", "verified", "vip", "login_failed", "out_of_office",
		"created_by_id", "created_at", "updated_at"} {
		delete(row, column)
	}
	return row
}
