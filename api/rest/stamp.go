package rest

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/table"
)

// Stamp reads who made and who changed a record, and when. They count only while data of another system
// is taken in (setting import_mode), and not for customers: otherwise whoever writes does it now. What
// was not sent is zero.
func (in *Input) Stamp(ctx context.Context, tx *store.Store, p Params) (desk.Stamp, error) {
	var s desk.Stamp
	if !in.Catalog.Settings.Bool("import_mode") || !in.Who.Sees() {
		return s, nil
	}
	for _, author := range []struct {
		relation string
		dst      *desk.UserID
	}{{"created_by", &s.CreatedByID}, {"updated_by", &s.UpdatedByID}} {
		if p.Blank(author.relation) && p.Blank(author.relation+"_id") {
			continue
		}
		id, err := authorIn(ctx, tx, p, author.relation)
		if err != nil {
			return s, err
		}
		*author.dst = id
	}
	for _, moment := range []struct {
		key string
		dst *time.Time
	}{{"created_at", &s.CreatedAt}, {"updated_at", &s.UpdatedAt}} {
		at, err := p.Time(moment.key)
		if err != nil {
			return s, err
		}
		if at != nil {
			*moment.dst = *at
		}
	}
	return s, nil
}

// Restamp writes what Stamp reads to a record that was just stored.
func (in *Input) Restamp(ctx context.Context, tx *store.Store, name string, id int64) error {
	s, err := in.Stamp(ctx, tx, in.Params)
	if err != nil || s == (desk.Stamp{}) {
		return err
	}
	return table.Restamp(ctx, tx.DB, name, id, s)
}
