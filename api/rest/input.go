package rest

import (
	"context"
	"net/http"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

// Input is what somebody sent to make or change a record. Its methods take a value each, if it was
// sent; the first that can't be used stays in err, and whoever reads looks at it once at the end.
type Input struct {
	Params  Params
	Catalog *desk.Catalog
	Who     *desk.Caller
	// Automatic is set where nobody fills in a form, as when a file is imported: form rules don't hold.
	Automatic bool
	Err       error
}

func (s *House) Input(r *http.Request) (*Input, error) { return s.InputUpTo(r, maxBody) }

func (s *House) InputUpTo(r *http.Request, limit int64) (*Input, error) {
	p, err := ReadParamsUpTo(r, limit)
	if err != nil {
		return nil, err
	}
	catalog, err := s.Catalog(r)
	return &Input{Params: p, Catalog: catalog, Who: Caller(r)}, err
}

// Keep keeps the first error.
func (in *Input) Keep(err error) {
	if in.Err == nil {
		in.Err = err
	}
}

// Note remembers what somebody did, for others to see. While files or data of another system are
// taken in, nobody does anything.
func (in *Input) Note(ctx context.Context, tx *store.Store, activities ...workspace.Activity) error {
	if len(activities) == 0 || in.Automatic || in.Catalog.Settings.Bool("import_mode") {
		return nil
	}
	return tx.RecordActivities(ctx, activities...)
}

func (in *Input) Name(dst *string) {
	in.Text(dst, "name", MaxName)
	*dst = strings.TrimSpace(*dst)
}

func (in *Input) Text(dst *string, key string, max int) { in.Keep(in.Params.SetText(dst, key, max)) }

func (in *Input) NullText(dst **string, key string, max int) {
	in.Keep(in.Params.SetNullText(dst, key, max))
}

func (in *Input) Html(dst *string, key string, max int) { in.Keep(in.Params.SetHTML(dst, key, max)) }

// NullHTML is html for a column that tells null from empty.
func (in *Input) NullHTML(dst **string, key string, max int) {
	in.NullText(dst, key, max)
	if in.Params.Has(key) && *dst != nil {
		clean, _ := richtext.Sanitize(**dst, richtext.Options{})
		*dst = &clean
	}
}

func (in *Input) Flag(dst *bool, key string)             { in.Params.SetBool(dst, key) }
func (in *Input) Date(dst **time.Time, key string)       { in.Keep(in.Params.SetDate(dst, key)) }
func (in *Input) Int(dst **int, key string)              { in.Keep(in.Params.SetInt(dst, key)) }
func (in *Input) Object(dst *map[string]any, key string) { in.Keep(in.Params.SetObject(dst, key)) }

// Reference takes another record, named by its id or name, see named. It reports whether one was
// sent, be it null.
func Reference[ID ~int64, V any](in *Input, dst **ID, relation string, all map[ID]V, name func(V) string) (sent bool) {
	id, sent, err := Named(in.Params, relation, all, name)
	in.Keep(err)
	if err == nil && sent {
		*dst = IDOrNil(id)
	}
	return sent
}

// IDOrNil makes 0 the absence of an id.
func IDOrNil[T ~int64](id T) *T {
	if id == 0 {
		return nil
	}
	return &id
}

// Lengths of columns that many records have, in characters.
const (
	MaxName = 100
	MaxNote = 250
)
