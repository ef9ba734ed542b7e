package csvimport_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"postroom/internal/csvimport"
	"postroom/internal/desk"
)

var plants = csvimport.Kind{
	Class:   "Plant",
	Lookup:  []string{"id", "name"},
	Columns: []string{"id", "name", "note", "beds", "bed_ids"},
	Ignored: []string{"secret"},
	Several: []string{"beds"},
	Locked:  []int64{1},
}

func TestCells(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, data string
		want       string // rows as they are printed
	}{
		{"plain", "name,note\nrose,red\nlily,white\n", "[{1 map[name:rose note:red]} {2 map[name:lily note:white]}]"},
		{"no line break at the end", "name\nrose", "[{1 map[name:rose]}]"},
		{"line breaks of others", "name,note\r\nrose,red\rlily,white\r\n", "[{1 map[name:rose note:red]} {2 map[name:lily note:white]}]"},
		{"columns in capitals and blanks", " Name ;Note\nrose;x", "[{1 map[name:rose note:x]}]"},
		{"quotes", `name,note` + "\n" + `"rose","a ""red"", one` + "\n" + `two lines"`, "[{1 map[name:rose note:a \"red\", one\ntwo lines]}]"},
		{"blanks around quotes", "name,note\n \"rose\" , \" red \" \n", "[{1 map[name:rose note: red ]}]"},
		{"empty and empty in quotes", "id,name,note\n,rose,\"\"\n", "[{1 map[name:rose note:]}]"},
		{"empty lines are no lines", "name,note\n\n , \nrose,red\n,,\nlily,\n", "[{1 map[name:rose note:red]} {2 map[name:lily]}]"},
		{"column without a name", "name;note;\nrose;red;x", "[{1 map[name:rose note:red]}]"},
		{"more cells than columns", "name\nrose,red", "[{1 map[name:rose]}]"},
		{"several values", "name,beds,note\nrose,a ~~~b~~~,c~~~d", "[{1 map[beds:[a b] name:rose note:c~~~d]}]"},
		{"one of several", "name,beds\nrose,a", "[{1 map[beds:a name:rose]}]"},
		{"ignored column", "name,secret\nrose,x", "[{1 map[name:rose]}]"},
		{"mark of a byte order", "\uFEFFname\nrose", "[{1 map[name:rose]}]"},
		{"Windows-1252", "name\nGl\xfccksklee \x96 rot", "[{1 map[name:Glücksklee – rot]}]"},
		{"NUL", "name\nro\x00se", "[{1 map[name:rose]}]"},
		{"tabs", "name\tnote\nrose\tred", "[{1 map[name:rose note:red]}]"},
		{"a wide separator", "name€note\nrose€red", "[{1 map[name:rose note:red]}]"},
	} {
		separator := ','
		for _, other := range ";\t€" {
			if strings.ContainsRune(strings.SplitN(tc.data, "\n", 2)[0], other) {
				separator = other
			}
		}
		rows, err := plants.Read(tc.data, separator)
		if got := fmt.Sprint(rows); err != nil || got != tc.want {
			t.Errorf("%s: %s, %v, want %s", tc.name, got, err, tc.want)
		}
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ data, want string }{
		{"", "Unable to parse empty file/string for Plant."},
		{" \n \r\n", "Unable to parse empty file/string for Plant."},
		{",,\nrose", "Unable to parse file/string without header for Plant."},
		{"\nname\nrose", "Unable to parse file/string without header for Plant."},
		{"note,beds\nred,a", "No lookup column like id,name for Plant found."},
		{"name,note\n", "No records found in file/string for Plant."},
		{"name,note\n,\n,", "No records found in file/string for Plant."},
		{"name\n\"rose\nlily", "Unable to parse file/string for Plant: the quotes that begin in line 2 have no end."},
		{"name\n\"a\nb\" c\nlily", "Unable to parse file/string for Plant: text follows the quotes in line 3."},
		{"name\n" + strings.Repeat("rose\n", 50_001), "More than 50000 records found in file/string for Plant."},
	} {
		_, err := plants.Read(tc.data, ',')
		if invalid, ok := errors.AsType[*desk.InvalidError](err); !ok || invalid.Reason != tc.want {
			t.Errorf("%.30q: %v, want %q", tc.data, err, tc.want)
		}
	}
}

// garden keeps plants by id.
type garden struct {
	plants []string // line 0 is plant 1
	asked  []string
	away   error
}

func (g *garden) Find(_ context.Context, column string, values []string) (map[string]int64, error) {
	g.asked = append(g.asked, column+" "+strings.Join(values, ","))
	found := map[string]int64{}
	for i, name := range g.plants {
		value := strings.ToLower(name)
		if column == "id" {
			value = fmt.Sprint(i + 1)
		}
		if slices.Contains(values, value) {
			found[value] = int64(i + 1)
		}
	}
	return found, g.away
}

func (g *garden) Create(_ context.Context, attributes map[string]any) (int64, error) {
	switch attributes["note"] {
	case "invalid":
		return 0, fmt.Errorf("plant: %w", &desk.InvalidError{Field: "note", Reason: "Note can't be blank"})
	case "conflict":
		return 0, fmt.Errorf("insert: %w: plants_name", desk.ErrConflict)
	case "away":
		return 0, desk.ErrUnavailable
	}
	g.plants = append(g.plants, fmt.Sprint(attributes["name"]))
	return int64(len(g.plants)), nil
}

func (g *garden) Update(_ context.Context, id int64, attributes map[string]any) error {
	switch attributes["note"] {
	case "forbidden":
		return &desk.ForbiddenError{}
	case "missing":
		return &desk.MissingError{Class: "Bed", ID: 9}
	}
	if name, ok := attributes["name"].(string); ok {
		g.plants[id-1] = name
	}
	return nil
}

func TestRun(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, data string
		want       csvimport.Result
		plants     string
	}{
		{"made and changed", "id,name\n2,tulip\n,lily\n", csvimport.Result{Created: 1, Updated: 1, IDs: []int64{2, 3}}, "oak tulip lily"},
		{"known by name, whatever its case", "name,note\nROSE,x\n", csvimport.Result{Updated: 1, IDs: []int64{2}}, "oak ROSE"},
		{"unknown id", "id,name\n9,rose\n,lily", csvimport.Result{Created: 1, IDs: []int64{3}, Errors: []string{"Line 1: unknown Plant with id '9'."}}, "oak rose lily"},
		{"id that is none", "id,name\nx,rose\n", csvimport.Result{Errors: []string{"Line 1: unknown Plant with id 'x'."}}, "oak rose"},
		{"locked", "name\noak\n", csvimport.Result{Errors: []string{"Line 1: unable to update Plant with id '1'."}}, "oak rose"},
		{"twice the same", "id,name\n2,\n,rose\n", csvimport.Result{Updated: 1, IDs: []int64{2}, Errors: []string{"Line 2: duplicate record found."}}, "oak rose"},
		{"twice the same new one", "name\nlily\nLily\n", csvimport.Result{Created: 1, IDs: []int64{3}, Errors: []string{"Line 2: duplicate record found."}}, "oak rose lily"},
		{"unknown attribute", "name,colour,age\nlily,,3\nrose,red,2\n", csvimport.Result{Errors: []string{"Line 1: unknown attribute 'age' for Plant.", "Line 2: unknown attribute 'age' for Plant."}}, "oak rose"},
		{"unknown attribute without a value", "name,colour\nlily,\n", csvimport.Result{Created: 1, IDs: []int64{3}}, "oak rose lily"},
		{"refused", "name,note\nlily,invalid\nrose,forbidden\n", csvimport.Result{Created: 1, Updated: 1, Errors: []string{
			"Line 1: Unable to create record - Note can't be blank", "Line 2: Unable to update record - Not authorized",
		}}, "oak rose"},
		{"refused for what is elsewhere", "name,note\nlily,conflict\nrose,missing\n", csvimport.Result{Created: 1, Updated: 1, Errors: []string{
			"Line 1: Unable to create record - This object already exists.", "Line 2: Unable to update record - Couldn't find Bed with 'id'=9",
		}}, "oak rose"},
	} {
		g := &garden{plants: []string{"oak", "rose"}}
		rows, err := plants.Read(tc.data, ',')
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		got, err := plants.Run(t.Context(), rows, g)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s: %+v, %v, want %+v", tc.name, got, err, tc.want)
		}
		if left := strings.Join(g.plants, " "); left != tc.plants {
			t.Errorf("%s: plants are %s, want %s", tc.name, left, tc.plants)
		}
	}
}

func TestRunAsksOncePerColumn(t *testing.T) {
	t.Parallel()
	g := &garden{plants: []string{"oak", "rose"}}
	rows, err := plants.Read("name,note\nA,\nb,\nC,\n", ',')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plants.Run(t.Context(), rows, g); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(g.asked, "; "); got != "name a,b,c" {
		t.Errorf("asked for %s, want all names at once", got)
	}
}

// What may be over in a moment is no fault of the file.
func TestRunEndsWhereTheTargetIsAway(t *testing.T) {
	t.Parallel()
	rows, err := plants.Read("name,note\nlily,away\nfern,\n", ',')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plants.Run(t.Context(), rows, &garden{}); !errors.Is(err, desk.ErrUnavailable) {
		t.Errorf("making: %v, want desk.ErrUnavailable", err)
	}
	if _, err := plants.Run(t.Context(), rows, &garden{away: desk.ErrUnavailable}); !errors.Is(err, desk.ErrUnavailable) {
		t.Errorf("looking up: %v, want desk.ErrUnavailable", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"name\nrose", "name,note\n\"a\"\"\n\",b", "\uFEFFid;name\r\n1;\"x", "name\r\r\n,\"\"", "name\n\"a\" \"b\""} {
		f.Add(seed, uint8(0))
		f.Add(seed, uint8(1))
	}
	f.Fuzz(func(t *testing.T, data string, which uint8) {
		separator := []rune{',', ';', '\t', ' ', '€'}[int(which)%5]
		rows, err := plants.Read(data, separator)
		if _, invalid := errors.AsType[*desk.InvalidError](err); err != nil && !invalid {
			t.Fatalf("error %v, want one about the file", err)
		}
		for i, row := range rows {
			if row.Line != i+1 || len(row.Attributes) == 0 {
				t.Errorf("row %d is %+v", i, row)
			}
		}
	})
}
