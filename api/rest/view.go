package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/finder"
	"postroom/internal/wording"
)

// View is how one kind of record leaves the house.
type View[T any] struct {
	Model string // of assets: User, TicketState
	ID    func(T) int64
	// Records shows a whole page, ids of relatives included, so that a page costs as many queries
	// as one record.
	Records func(ctx context.Context, items []T) ([]Record, error)
	// Expand adds names to the records of the same page.
	Expand func(ctx context.Context, items []T, records []Record) error
	// Settle makes of a record what it is in a shape where that differs; nil: it never does. Assets hold
	// records as ShapeFull has them.
	Settle func(r Record, as Shape) Record
	// Cut takes away what the caller may not see; nil: nothing.
	Cut func(item T, r Record) Record
	// Relatives adds to assets what the records of a page refer to; nil: nothing.
	Relatives func(ctx context.Context, items []T, records []Record, assets *Record) error
	// Texts are the fields in which searches look for words; Marks is what one looked for.
	Texts []string
	Marks []wording.Mark
}

func (v View[T]) Show(ctx context.Context, items []T, as Shape) ([]Record, error) {
	records, err := v.Records(ctx, items)
	if err != nil {
		return nil, err
	}
	if as == ShapeExpand && v.Expand != nil {
		if err := v.Expand(ctx, items, records); err != nil {
			return nil, err
		}
	}
	for i := range records {
		if v.Settle != nil {
			records[i] = v.Settle(records[i], as)
		}
		if v.Cut != nil {
			records[i] = v.Cut(items[i], records[i])
		}
	}
	return records, nil
}

// List answers with a page. total is asked for where the shape tells it.
func (v View[T]) List(w http.ResponseWriter, r *http.Request, p Params, items []T, total func() (int, error)) error {
	as := ShapeOf(p)
	records, err := v.Show(r.Context(), items, as)
	if err != nil {
		return err
	}
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = v.ID(item)
	}
	var found map[int64]finder.Highlight
	if len(v.Texts) > 0 && WantsHighlights(p) {
		found = v.highlights(items, records)
	}
	if as != ShapeFull {
		if records == nil {
			records = []Record{}
		}
		if found != nil {
			AddHighlights(records, ids, found)
		}
		return Reply(w, r, records)
	}
	count, err := total()
	if err != nil {
		return err
	}
	assets, err := v.Family(r.Context(), items, records)
	if err != nil {
		return err
	}
	answer := Record{{"record_ids", ids}, {"assets", assets}, {"total_count", count}}
	if found != nil {
		answer.Add("highlights", HighlightsByID(ids, found))
	}
	return Reply(w, r, answer)
}

// One answers with a single record.
func (v View[T]) One(w http.ResponseWriter, r *http.Request, p Params, status int, item T) error {
	as := ShapeOf(p)
	items := []T{item}
	records, err := v.Show(r.Context(), items, as)
	if err != nil {
		return err
	}
	var answer any = records[0]
	if as == ShapeFull {
		assets, err := v.Family(r.Context(), items, records)
		if err != nil {
			return err
		}
		answer = Record{{"id", v.ID(item)}, {"assets", assets}}
	}
	if status == http.StatusOK && r.Method == http.MethodGet {
		return Reply(w, r, answer)
	}
	return WriteJSON(w, status, answer)
}

// Family is assets with what the records refer to.
func (v View[T]) Family(ctx context.Context, items []T, records []Record) (Record, error) {
	assets := v.Assets(items, records)
	if v.Relatives == nil || len(items) == 0 {
		return assets, nil
	}
	return assets, v.Relatives(ctx, items, records, &assets)
}

// Assets is the store of records that clients fill from any answer, by model and id.
func (v View[T]) Assets(items []T, records []Record) Record {
	byID := Record{}
	for i, item := range items {
		byID.Add(strconv.FormatInt(v.ID(item), 10), records[i])
	}
	return Record{{v.Model, byID}}
}

// AddStamps adds who made and who last changed records to a page of them.
func (s *House) AddStamps(ctx context.Context, stamps []desk.Stamp, records []Record) error {
	var users []desk.UserID
	for _, stamp := range stamps {
		users = append(users, stamp.CreatedByID, stamp.UpdatedByID)
	}
	found, err := s.Store.NamesOf(ctx, users, nil)
	if err != nil {
		return err
	}
	for i, stamp := range stamps {
		AddStampNames(&records[i], stamp, found.Logins)
	}
	return nil
}

// StampsOf collects the stamps of a page.
func StampsOf[T any](items []T, stamp func(T) desk.Stamp) []desk.Stamp {
	stamps := make([]desk.Stamp, len(items))
	for i, item := range items {
		stamps[i] = stamp(item)
	}
	return stamps
}

// Each shows every item by itself.
func Each[T any](show func(T) Record) func(context.Context, []T) ([]Record, error) {
	return func(_ context.Context, items []T) ([]Record, error) {
		records := make([]Record, len(items))
		for i, item := range items {
			records[i] = show(item)
		}
		return records, nil
	}
}

// Stamped is a record with who made and last changed it, and when.
func (r Record) Stamped(stamp desk.Stamp) Record {
	return append(r, Field{"updated_by_id", stamp.UpdatedByID}, Field{"created_by_id", stamp.CreatedByID},
		Field{"created_at", stamp.CreatedAt}, Field{"updated_at", stamp.UpdatedAt})
}

// Deleted is the answer to a deletion.
func Deleted(w http.ResponseWriter) error { return WriteJSON(w, http.StatusOK, Record{}) }

// WordsOf are the words of a search, found as they are typed. * stands for whatever follows, which
// needs no saying here.
func WordsOf(p Params) []string {
	query := p.Text("query")
	if p.Blank("query") {
		query = p.Text("term")
	}
	words := strings.Fields(strings.ReplaceAll(query, "*", ""))
	const most = 20 // more words than this don't come from somebody who searches
	return words[:min(len(words), most)]
}

// Choices answers a search whose result is offered for choosing: label or term is present.
func (v View[T]) Choices(w http.ResponseWriter, r *http.Request, p Params, items []T, label, value func(T) string, active func(T) bool) error {
	found := make([]Record, len(items))
	for i, item := range items {
		found[i] = Record{{"id", v.ID(item)}, {"label", label(item)}, {"value", value(item)}}
		if p.Has("term") && active != nil {
			found[i].Add("inactive", !active(item))
		}
	}
	return Reply(w, r, found)
}

// WantsChoices reports whether a search is for something to choose from. Who wants names, too, gets
// whole records, whatever the query is called.
func WantsChoices(p Params) bool {
	return (p.Has("label") || p.Has("term")) && ShapeOf(p) != ShapeExpand
}

// IDText is an id as a key of a map.
func IDText[T ~int64](id T) string { return strconv.FormatInt(int64(id), 10) }
