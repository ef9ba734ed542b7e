package api

import (
	"net/http"
	"strings"
	"time"

	"postroom/internal/desk"
	"postroom/internal/richtext"
)

// input is what somebody sent to make or change a record. Its methods take a value each, if it was
// sent; the first that can't be used stays in err, and whoever reads looks at it once at the end.
type input struct {
	p       params
	catalog *desk.Catalog
	who     *desk.Caller
	err     error
}

func (s *Server) input(r *http.Request) (*input, error) { return s.inputUpTo(r, maxBody) }

func (s *Server) inputUpTo(r *http.Request, limit int64) (*input, error) {
	p, err := readParamsUpTo(r, limit)
	if err != nil {
		return nil, err
	}
	catalog, err := s.catalog(r)
	return &input{p: p, catalog: catalog, who: caller(r)}, err
}

// keep keeps the first error.
func (in *input) keep(err error) {
	if in.err == nil {
		in.err = err
	}
}

func (in *input) name(dst *string) {
	in.text(dst, "name", maxName)
	*dst = strings.TrimSpace(*dst)
}

func (in *input) text(dst *string, key string, max int) { in.keep(in.p.setText(dst, key, max)) }

func (in *input) nullText(dst **string, key string, max int) {
	in.keep(in.p.setNullText(dst, key, max))
}

func (in *input) html(dst *string, key string, max int) { in.keep(in.p.setHTML(dst, key, max)) }

// nullHTML is html for a column that tells null from empty.
func (in *input) nullHTML(dst **string, key string, max int) {
	in.nullText(dst, key, max)
	if in.p.has(key) && *dst != nil {
		clean, _ := richtext.Sanitize(**dst, richtext.Options{})
		*dst = &clean
	}
}

func (in *input) flag(dst *bool, key string)             { in.p.setBool(dst, key) }
func (in *input) date(dst **time.Time, key string)       { in.keep(in.p.setDate(dst, key)) }
func (in *input) int(dst **int, key string)              { in.keep(in.p.setInt(dst, key)) }
func (in *input) object(dst *map[string]any, key string) { in.keep(in.p.setObject(dst, key)) }

// reference takes another record, named by its id or name, see named. It reports whether one was
// sent, be it null.
func reference[ID ~int64, V any](in *input, dst **ID, relation string, all map[ID]V, name func(V) string) (sent bool) {
	id, sent, err := named(in.p, relation, all, name)
	in.keep(err)
	if err == nil && sent {
		*dst = idOrNil(id)
	}
	return sent
}

// idOrNil makes 0 the absence of an id.
func idOrNil[T ~int64](id T) *T {
	if id == 0 {
		return nil
	}
	return &id
}
