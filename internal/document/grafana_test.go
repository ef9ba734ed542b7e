package document_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/document"
)

// dashboard is what Grafana imports, as far as it says what is asked of which index.
type dashboard struct {
	Inputs []struct{ Name, Description, PluginID string } `json:"__inputs"`
	UID    string
	Title  string
	Panels []struct {
		ID      int
		Title   string
		Targets []struct {
			Query      string
			TimeField  string
			Datasource struct{ UID string }
			Metrics    []struct{ Type, Field string }
			BucketAggs []struct {
				Type, Field string
				Settings    struct{ Filters []struct{ Query string } }
			}
		}
		Transformations []struct {
			Options struct{ Include struct{ Names []string } }
		}
	}
}

var (
	inputIndex = regexp.MustCompile(`^Elasticsearch: index zammad_(\w+), time field ([\w.]+)$`)
	queried    = regexp.MustCompile(`_exists_:([\w.]+)|([a-z][\w.]*):`)
)

// TestDashboardsAskForWhatDocumentsHold looks up every field that a dashboard names in a document of its index.
func TestDashboardsAskForWhatDocumentsHold(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../deploy/grafana/*.json")
	if err != nil || len(files) != 3 {
		t.Fatalf("dashboards %v, %v, want three", files, err)
	}
	documents := fullDocuments(t)
	fields := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		indexes, times := map[string]string{}, map[string]string{}
		for _, input := range d.Inputs {
			found := inputIndex.FindStringSubmatch(input.Description)
			if found == nil || documents[found[1]] == nil || input.PluginID != "elasticsearch" {
				t.Fatalf("%s: input %+v names none of our indexes", file, input)
			}
			indexes["${"+input.Name+"}"], times["${"+input.Name+"}"] = found[1], found[2]
		}
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				index := indexes[target.Datasource.UID]
				if index == "" || target.TimeField != times[target.Datasource.UID] {
					t.Errorf("%s, %s: asks %s by %s, which is no input", file, p.Title, target.Datasource.UID, target.TimeField)
					continue
				}
				asked := append(namesIn(target.Query), target.TimeField)
				for _, m := range target.Metrics {
					asked = append(asked, m.Field)
				}
				for _, bucket := range target.BucketAggs {
					asked = append(asked, bucket.Field)
					for _, filter := range bucket.Settings.Filters {
						asked = append(asked, namesIn(filter.Query)...)
					}
				}
				for _, shown := range p.Transformations {
					asked = append(asked, shown.Options.Include.Names...)
				}
				for _, field := range asked {
					if field == "" {
						continue
					}
					fields++
					if problem := lookUp(documents[index], field); problem != "" {
						t.Errorf("%s, %s: %s of %s %s", file, p.Title, field, index, problem)
					}
				}
			}
		}
		if len(d.Panels) < 10 || d.UID == "" || d.Title == "" {
			t.Errorf("%s: %d panels of %q: the dashboard was not read", file, len(d.Panels), d.Title)
		}
	}
	if fields < 150 {
		t.Errorf("%d fields were looked up: the dashboards were not read", fields)
	}
}

// namesIn are the fields that a query names.
func namesIn(query string) []string {
	var names []string
	for _, found := range queried.FindAllStringSubmatch(query, -1) {
		names = append(names, found[1]+found[2])
	}
	return names
}

func fullDocuments(t *testing.T) map[string]map[string]any {
	t.Helper()
	c := catalog()
	anna := document.InOthers(person(), c)
	people := map[desk.UserID]json.RawMessage{8: anna}
	documents := map[string]map[string]any{}
	for index, text := range map[string]json.RawMessage{
		"ticket":       document.Ticket(matter(people, document.OrganizationInOthers(organization(), c)), newTerms(c)),
		"chat_session": document.ChatSession(talk(anna)),
		"cti_log":      document.Call(call()),
	} {
		var found map[string]any
		if err := json.Unmarshal(text, &found); err != nil {
			t.Fatalf("%s: %v", index, err)
		}
		documents[index] = found
	}
	return documents
}

// lookUp says why a field can't be asked for.
func lookUp(found any, field string) (problem string) {
	path, whole := strings.CutSuffix(field, ".keyword")
	for name := range strings.SplitSeq(path, ".") {
		if list, isList := found.([]any); isList && len(list) > 0 {
			found = list[0]
		}
		object, isObject := found.(map[string]any)
		value, there := object[name]
		if !isObject || !there {
			return "is not there: " + name
		}
		found = value
	}
	if list, isList := found.([]any); isList && len(list) > 0 {
		found = list[0]
	}
	if _, isText := found.(string); whole && !isText && found != nil {
		return fmt.Sprintf("is %T: only texts are asked for as a whole", found)
	}
	return ""
}
