package rest

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"postroom/internal/csvimport"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/table"
)

// Import lets administrators bring records of one kind along in a CSV file. They pass the same form
// as records that come one by one.
type Import struct {
	House *House
	Kind  csvimport.Kind
	// Object is the kind as administrators add attributes to it; empty: they can't.
	Object string
	// Shown are the columns of the example file, of those that a file may set.
	Shown []string
	// File is what the example file is called.
	File string

	// Find recognises records, see csvimport.Target.
	Find func(ctx context.Context, tx *store.Store, column string, values []string) (map[string]int64, error)
	// Make and Change store a record as a line of the file describes it.
	Make   func(ctx context.Context, tx *store.Store, in *Input) (int64, error)
	Change func(ctx context.Context, tx *store.Store, in *Input, id int64) error
	// Clear deletes all records of the kind; nil: this can't be done.
	Clear func(ctx context.Context, tx *store.Store) error
	// Columns shows records by id, without their ties to others.
	Columns func(ctx context.Context, tx *store.Store, c *desk.Catalog, ids []int64) (map[int64]Record, error)
	// Examples shows a few records with the names of what they are tied to.
	Examples func(ctx context.Context, who *desk.Caller, page table.Page) ([]Record, error)
}

// ImportOf is an Import of what a Resource keeps. columns shows a record without its ties.
func ImportOf[T any, ID ~int64](k *Resource[T, ID], columns func(*desk.Catalog, T) Record) *Import {
	return &Import{
		House:  k.House,
		Object: k.Object,
		Find: func(ctx context.Context, tx *store.Store, column string, values []string) (map[string]int64, error) {
			return k.Table.Recognise(ctx, tx.DB, column, values)
		},
		Make: func(ctx context.Context, tx *store.Store, in *Input) (int64, error) {
			id, err := k.Make(ctx, tx, in)
			return int64(id), err
		},
		Change: func(ctx context.Context, tx *store.Store, in *Input, id int64) error {
			return k.Change(ctx, tx, in, ID(id))
		},
		Columns: func(ctx context.Context, tx *store.Store, c *desk.Catalog, ids []int64) (map[int64]Record, error) {
			wanted := make([]ID, len(ids))
			for i, id := range ids {
				wanted[i] = ID(id)
			}
			items, err := k.Table.List(ctx, tx.DB, table.Filter[ID]{IDs: wanted}, nil, table.Page{Limit: len(ids)})
			shown := make(map[int64]Record, len(items))
			for _, item := range items {
				shown[int64(k.Table.ID(item))] = columns(c, item)
			}
			return shown, err
		},
		Examples: func(ctx context.Context, who *desk.Caller, page table.Page) ([]Record, error) {
			items, err := k.Table.List(ctx, k.House.Store.DB, table.Filter[ID]{}, nil, page)
			if err != nil {
				return nil, err
			}
			return k.View(who).Show(ctx, items, ShapeExpand)
		},
	}
}

// Routes are the addresses of the import of records below a path: who may have an example, and who
// may import.
func (i *Import) Routes(t *Table, path string, readers, writers Access) {
	t.Handle("GET /api/v1/"+path+"/import_example", readers, i.example).Asks("col_sep").GivesFile("text/csv")
	t.Handle("POST /api/v1/"+path+"/import", writers, i.start).
		Takes(Record{{"data", ""}, {"col_sep", ""}, {"try", false}, {"delete", false}}).
		Gives(Record{
			{"try", false}, {"result", ""}, {"stats", Record{{"created", 0}, {"updated", 0}}},
			{"records", []any{Record{}}}, {"errors", []string{}},
		})
}

// start answers 200 also for a file that can't be used: what is wrong with it stands in the answer.
func (i *Import) start(w http.ResponseWriter, r *http.Request) error {
	in, err := i.House.InputUpTo(r, MaxLargeBody)
	if err != nil {
		return err
	}
	data, err := submitted(r, in.Params)
	if err != nil {
		return err
	}
	separator, err := separatorIn(in.Params)
	if err != nil {
		return err
	}
	try := in.Params.Flag("try")
	answer, err := i.run(r.Context(), in, data, separator)
	if unusable, ok := errors.AsType[*desk.InvalidError](err); ok {
		return WriteJSON(w, http.StatusOK, Record{{"try", try}, {"result", "failed"}, {"errors", []string{unusable.Reason}}})
	}
	if err != nil {
		return err
	}
	i.House.Changed()
	return WriteJSON(w, http.StatusOK, answer)
}

// submitted is the text of a file, sent as such or as a value.
func submitted(r *http.Request, p Params) (string, error) {
	data := p.Text("data")
	if data == "" && r.MultipartForm != nil && len(r.MultipartForm.File["file"]) > 0 {
		file, err := r.MultipartForm.File["file"][0].Open()
		if err != nil {
			return "", err
		}
		defer file.Close()
		content, err := io.ReadAll(file)
		if err != nil {
			return "", err
		}
		data = string(content)
	}
	if data == "" {
		return "", Invalid("data", "No source data submitted!")
	}
	return data, nil
}

func separatorIn(p Params) (rune, error) {
	text := p.Text("col_sep")
	if text == "" {
		return ',', nil
	}
	separator, size := utf8.DecodeRuneInString(text)
	if size < len(text) || strings.ContainsAny(text, "\"\r\n") {
		return 0, InvalidParam("col_sep", p["col_sep"])
	}
	return separator, nil
}

// errNothingKept ends a transaction of which nothing is meant to be kept.
var errNothingKept = errors.New("nothing is kept")

// run imports a file: all of it, or nothing where something is wrong or it was a try. Its error is
// an *InvalidError for a file that can't be read at all.
func (i *Import) run(ctx context.Context, in *Input, data string, separator rune) (Record, error) {
	replace, try := in.Params.Flag("delete"), in.Params.Flag("try")
	if replace && i.Clear == nil {
		return nil, Invalid("delete", "Delete is not possible for %s.", i.Kind.Class)
	}
	kind := i.kind(in.Catalog)
	rows, err := kind.Read(data, separator)
	if err != nil {
		return nil, err
	}
	var answer Record
	err = i.House.Store.InTx(ctx, func(tx *store.Store) error {
		if replace {
			if err := i.makeWay(ctx, tx, rows); err != nil {
				return err
			}
		}
		to := &importTo{Import: i, tx: tx, in: in, made: Set[int64]{}}
		result, err := kind.Run(ctx, rows, to)
		if err != nil {
			return err
		}
		if answer, err = to.answer(ctx, result, try); err == nil && (try || len(result.Errors) > 0) {
			err = errNothingKept
		}
		return err
	})
	if errors.Is(err, errNothingKept) {
		err = nil
	}
	return answer, err
}

// kind is the kind of record with the attributes that administrators added to it.
func (i *Import) kind(c *desk.Catalog) csvimport.Kind {
	kind := i.Kind
	for _, a := range c.CustomAttributes(i.Object) {
		kind.Columns = append(slices.Clip(kind.Columns), a.Name)
		if a.Kind() == desk.AttributeList {
			kind.Several = append(slices.Clip(kind.Several), a.Name)
		}
	}
	return kind
}

// makeWay deletes what a file replaces. Its ids are those of records that are gone then.
func (i *Import) makeWay(ctx context.Context, tx *store.Store, rows []csvimport.Row) error {
	for _, row := range rows {
		delete(row.Attributes, "id")
	}
	return i.Clear(ctx, tx)
}

// example answers with a file that could be imported: the columns there are, and a few records.
func (i *Import) example(w http.ResponseWriter, r *http.Request) error {
	p, err := ReadParams(r)
	if err != nil {
		return err
	}
	separator, err := separatorIn(p)
	if err != nil {
		return err
	}
	catalog, err := i.House.Catalog(r)
	if err != nil {
		return err
	}
	const few = 20
	records, err := i.Examples(r.Context(), Caller(r), table.Page{Limit: few})
	if err != nil {
		return err
	}
	shown := slices.Clone(i.Shown)
	for _, a := range catalog.CustomAttributes(i.Object) {
		shown = append(shown, a.Name)
	}
	w.Header().Set("Content-Type", "text/csv")
	w.Header().Set("Content-Disposition", `attachment; filename="`+i.File+`"`)
	out := csv.NewWriter(w)
	out.Comma = separator
	_ = out.Write(shown) // fails when the client is gone, and then nobody can be told
	for _, record := range records {
		line := make([]string, len(shown))
		for column, name := range shown {
			line[column] = cellOf(record.Get(name))
		}
		_ = out.Write(line)
	}
	out.Flush()
	return nil
}

// cellOf is a value as a file has it.
func cellOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case *string:
		if v == nil {
			return ""
		}
		return *v
	case []string:
		return strings.Join(v, csvimport.Several)
	case []any:
		cells := make([]string, len(v))
		for i, value := range v {
			cells[i] = cellOf(value)
		}
		return strings.Join(cells, csvimport.Several)
	}
	return strings.Trim(string(AppendJSON(nil, value)), `"`)
}

// stampColumns are those that every kind of record has. Who made or changed it counts, when does not.
var stampColumns = []string{"created_by_id", "updated_by_id", "created_by", "updated_by", "created_at", "updated_at"}

// WithStamps are columns of a kind of record with those that every kind has.
func WithStamps(columns ...string) []string { return slices.Concat(columns, stampColumns) }
