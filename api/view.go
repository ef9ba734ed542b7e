package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// view is how one kind of record leaves the house.
type view[T any] struct {
	model string // of assets: User, TicketState
	id    func(T) int64
	// records shows a whole page, ids of relatives included, so that a page costs as many queries
	// as one record.
	records func(ctx context.Context, items []T) ([]record, error)
	// expand adds names to the records of the same page.
	expand func(ctx context.Context, items []T, records []record) error
	// cut takes away what the caller may not see; nil: nothing.
	cut func(item T, r record) record
	// relatives adds to assets what the records of a page refer to; nil: nothing.
	relatives func(ctx context.Context, items []T, records []record, assets *record) error
}

func (v view[T]) show(ctx context.Context, items []T, as shape) ([]record, error) {
	records, err := v.records(ctx, items)
	if err != nil {
		return nil, err
	}
	if as == shapeExpand && v.expand != nil {
		if err := v.expand(ctx, items, records); err != nil {
			return nil, err
		}
	}
	if v.cut != nil {
		for i := range records {
			records[i] = v.cut(items[i], records[i])
		}
	}
	return records, nil
}

// list answers with a page. total is asked for where the shape tells it.
func (v view[T]) list(w http.ResponseWriter, r *http.Request, p params, items []T, total func() (int, error)) error {
	as := shapeOf(p)
	records, err := v.show(r.Context(), items, as)
	if err != nil {
		return err
	}
	if as != shapeFull {
		if records == nil {
			records = []record{}
		}
		return reply(w, r, records)
	}
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = v.id(item)
	}
	count, err := total()
	if err != nil {
		return err
	}
	assets, err := v.family(r.Context(), items, records)
	if err != nil {
		return err
	}
	return reply(w, r, record{{"record_ids", ids}, {"assets", assets}, {"total_count", count}})
}

// one answers with a single record.
func (v view[T]) one(w http.ResponseWriter, r *http.Request, p params, status int, item T) error {
	as := shapeOf(p)
	items := []T{item}
	records, err := v.show(r.Context(), items, as)
	if err != nil {
		return err
	}
	var answer any = records[0]
	if as == shapeFull {
		assets, err := v.family(r.Context(), items, records)
		if err != nil {
			return err
		}
		answer = record{{"id", v.id(item)}, {"assets", assets}}
	}
	if status == http.StatusOK && r.Method == http.MethodGet {
		return reply(w, r, answer)
	}
	return writeJSON(w, status, answer)
}

// family is assets with what the records refer to.
func (v view[T]) family(ctx context.Context, items []T, records []record) (record, error) {
	assets := v.assets(items, records)
	if v.relatives == nil || len(items) == 0 {
		return assets, nil
	}
	return assets, v.relatives(ctx, items, records, &assets)
}

// assets is the store of records that clients fill from any answer, by model and id.
func (v view[T]) assets(items []T, records []record) record {
	byID := record{}
	for i, item := range items {
		byID.add(strconv.FormatInt(v.id(item), 10), records[i])
	}
	return record{{v.model, byID}}
}

// addStamps adds who made and who last changed records to a page of them.
func (s *Server) addStamps(ctx context.Context, stamps []desk.Stamp, records []record) error {
	var users []desk.UserID
	for _, stamp := range stamps {
		users = append(users, stamp.CreatedByID, stamp.UpdatedByID)
	}
	found, err := s.Store.NamesOf(ctx, users, nil)
	if err != nil {
		return err
	}
	for i, stamp := range stamps {
		addStampNames(&records[i], stamp, found.Logins)
	}
	return nil
}

// stampsOf collects the stamps of a page.
func stampsOf[T any](items []T, stamp func(T) desk.Stamp) []desk.Stamp {
	stamps := make([]desk.Stamp, len(items))
	for i, item := range items {
		stamps[i] = stamp(item)
	}
	return stamps
}

// each shows every item by itself.
func each[T any](show func(T) record) func(context.Context, []T) ([]record, error) {
	return func(_ context.Context, items []T) ([]record, error) {
		records := make([]record, len(items))
		for i, item := range items {
			records[i] = show(item)
		}
		return records, nil
	}
}

// stamped is a record with who made and last changed it, and when.
func (r record) stamped(stamp desk.Stamp) record {
	return append(r, field{"updated_by_id", stamp.UpdatedByID}, field{"created_by_id", stamp.CreatedByID},
		field{"created_at", stamp.CreatedAt}, field{"updated_at", stamp.UpdatedAt})
}

// deleted is the answer to a deletion.
func deleted(w http.ResponseWriter) error { return writeJSON(w, http.StatusOK, record{}) }

// wordsOf are the words of a search, found as they are typed. * stands for whatever follows, which
// needs no saying here.
func wordsOf(p params) []string {
	query := p.text("query")
	if p.blank("query") {
		query = p.text("term")
	}
	words := strings.Fields(strings.ReplaceAll(query, "*", ""))
	const most = 20 // more words than this don't come from somebody who searches
	return words[:min(len(words), most)]
}

// choices answers a search whose result is offered for choosing: label or term is present.
func (v view[T]) choices(w http.ResponseWriter, r *http.Request, p params, items []T, label, value func(T) string, active func(T) bool) error {
	found := make([]record, len(items))
	for i, item := range items {
		found[i] = record{{"id", v.id(item)}, {"label", label(item)}, {"value", value(item)}}
		if p.has("term") && active != nil {
			found[i].add("inactive", !active(item))
		}
	}
	return reply(w, r, found)
}

func wantsChoices(p params) bool { return p.has("label") || p.has("term") }

// idText is an id as a key of a map.
func idText[T ~int64](id T) string { return strconv.FormatInt(int64(id), 10) }
