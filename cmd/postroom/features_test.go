package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// features are the rows that each part of docs/features.md has.
var features = map[string]int{"API": 21, "EP": 111, "TIC": 53, "ART": 22}

var (
	featureRow   = regexp.MustCompile(`^\| ([A-Z]+)-(\d+) \| ([^|]+) \| ([^|]+) \|[^|]*\|$`)
	namedTest    = regexp.MustCompile("`([^`]+)`")
	declaredTest = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
)

// TestFeaturesHaveTheTestsTheyName holds docs/features.md: every row is there once, and so is every
// test that it names.
func TestFeaturesHaveTheTestsTheyName(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "features.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := testsOf(t, root)
	rows := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		row := featureRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil {
			if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| id ") && !strings.HasPrefix(line, "| ---") {
				t.Errorf("not a row of features: %s", line)
			}
			continue
		}
		id := row[1] + "-" + row[2]
		if rows[id] {
			t.Errorf("%s is there twice", id)
		}
		rows[id] = true
		names := namedTest.FindAllStringSubmatch(row[4], -1)
		if len(names) == 0 {
			t.Errorf("%s names no test", id)
		}
		for _, name := range names {
			if !there[name[1]] {
				t.Errorf("%s names %s, which is not there", id, name[1])
			}
		}
	}
	for part, n := range features {
		for i := range n {
			if id := fmt.Sprintf("%s-%02d", part, i+1); !rows[id] {
				t.Errorf("%s is not there", id)
			}
		}
	}
}

// testsOf lists all tests as docs/features.md names them: folder.TestName, contract: entry.
func testsOf(t *testing.T, root string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, room := range listRooms(t) {
		files, err := filepath.Glob(filepath.Join(root, room.name, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, test := range declaredTest.FindAllSubmatch(source, -1) {
				all[room.name+"."+string(test[1])] = true
			}
		}
	}
	contract, err := os.ReadFile(filepath.Join(root, "api", "testdata", "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ ID string }
	if err := json.Unmarshal(contract, &entries); err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		all["contract: "+entry.ID] = true
	}
	return all
}
