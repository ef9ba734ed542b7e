package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// free are objects whose keys belong to the installation, not to the contract.
var free = []string{"preferences", "data_option", "data_option_new", "screens", "public_holidays"}

var (
	wireTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	decimal  = regexp.MustCompile(`^\d+\.\d{1,2}$`)
	digits   = regexp.MustCompile(`^\d+$`)
)

// differences says where an answer lacks a key of the documented sample or has a value of another
// type. Null fits everything: a sample shows one record, and others have what it lacks. without
// lists keys that only older versions answered.
func differences(sample, answer any, without []string) []string {
	d := &differ{without: without}
	d.compare("", sample, answer)
	return d.found
}

type differ struct {
	without []string
	found   []string
}

func (d *differ) add(path, format string, args ...any) {
	d.found = append(d.found, strings.TrimPrefix(path, ".")+": "+fmt.Sprintf(format, args...))
}

func (d *differ) compare(path string, sample, answer any) {
	if sample == nil || answer == nil {
		return
	}
	if kind(sample) != kind(answer) {
		d.add(path, "%s %.80s, documented is %s", kind(answer), text(answer), kind(sample))
		return
	}
	switch sample := sample.(type) {
	case map[string]any:
		d.compareObject(path, sample, answer.(map[string]any))
	case []any:
		d.compareList(path, sample, answer.([]any))
	}
}

func (d *differ) compareObject(path string, sample, answer map[string]any) {
	if slices.Contains(free, path[strings.LastIndexByte(path, '.')+1:]) {
		return
	}
	if keyedByID(sample) {
		d.compareList(path, inOrder(sample), inOrder(answer))
		return
	}
	for _, key := range slices.Sorted(maps.Keys(sample)) {
		value, there := answer[key]
		switch {
		case slices.Contains(d.without, key):
		case !there:
			d.add(path+"."+key, "is missing")
		default:
			d.compare(path+"."+key, sample[key], value)
		}
	}
}

// inOrder are the values of an object, always in the same order.
func inOrder(object map[string]any) (values []any) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		values = append(values, object[key])
	}
	return values
}

// compareList wants something in the list if the sample has something, unless they are ids of
// relatives, and each of it in the shape that the sample's entries have in common. What some of
// them lack, some of the list may.
func (d *differ) compareList(path string, sample, answer []any) {
	if len(sample) == 0 {
		return
	}
	if len(answer) == 0 {
		if !strings.HasSuffix(path, "_ids") {
			d.add(path, "is empty")
		}
		return
	}
	whole, common := union(sample)
	object, ok := whole.(map[string]any)
	for _, entry := range answer {
		at := len(d.found)
		if fields, isObject := entry.(map[string]any); ok && isObject {
			d.compareObject(path+"[]", fitting(object, common, fields), fields)
		} else {
			d.compare(path+"[]", whole, entry)
		}
		if len(d.found) > at {
			return // the others will lack the same
		}
	}
}

// fitting is a sample without those keys that neither all entries of the sample nor this one have.
func fitting(whole map[string]any, common map[string]bool, entry map[string]any) map[string]any {
	fit := map[string]any{}
	for key, value := range whole {
		if _, there := entry[key]; there || common[key] {
			fit[key] = value
		}
	}
	return fit
}

// union is one sample of all: of objects every key, with the first value that is not null. common
// are the keys that all have.
func union(samples []any) (whole any, common map[string]bool) {
	object, count := map[string]any{}, map[string]int{}
	for _, sample := range samples {
		entry, ok := sample.(map[string]any)
		if !ok {
			return sample, nil
		}
		for key, value := range entry {
			count[key]++
			if object[key] == nil {
				object[key] = value
			}
		}
	}
	common = map[string]bool{}
	for key, n := range count {
		common[key] = n == len(samples)
	}
	return object, common
}

// keyedByID reports whether an object is a map from ids to values, such as assets.User.
func keyedByID(object map[string]any) bool {
	for key := range object {
		if !digits.MatchString(key) {
			return false
		}
	}
	return len(object) > 0
}

// kind is a JSON type, and more where the text or number of the sample says more.
func kind(value any) string {
	switch value := value.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case bool:
		return "a boolean"
	case float64:
		if value == math.Trunc(value) {
			return "an integer"
		}
		return "a fraction"
	case string:
		switch {
		case wireTime.MatchString(value):
			return "a time"
		case decimal.MatchString(value):
			return "a decimal in a text"
		}
		return "a text"
	}
	return "null"
}

func text(value any) string {
	data, _ := json.Marshal(value)
	return string(data)
}

func TestDifferencesFromTheContractAreFound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, sample, answer, want string }{
		{"the same", `{"id":1,"name":"a","at":"2021-11-03T11:57:15.975Z"}`, `{"id":2,"name":"b","at":"2026-01-01T00:00:00.000Z","more":1}`, ""},
		{"a missing key", `{"id":1,"name":"a"}`, `{"id":2}`, "name: is missing"},
		{"a key of older versions", `{"id":1,"karma":[]}`, `{"id":2}`, ""},
		{"null for a text", `{"name":"a"}`, `{"name":null}`, ""},
		{"a text for a null", `{"name":null}`, `{"name":"a"}`, ""},
		{"a text for a number", `{"id":1}`, `{"id":"1"}`, `id: a text "1", documented is an integer`},
		{"a time without milliseconds", `{"at":"2021-11-03T11:57:15.975Z"}`, `{"at":"2021-11-03T11:57:15Z"}`, `at: a text "2021-11-03T11:57:15Z", documented is a time`},
		{"a number for a decimal", `{"time_unit":"15.0"}`, `{"time_unit":15}`, `time_unit: an integer 15, documented is a decimal in a text`},
		{"an object for a list", `{"ids":[1]}`, `{"ids":{}}`, `ids: an object {}, documented is a list`},
		{"a list of other things", `{"ids":[1]}`, `{"ids":[1,"2"]}`, `ids[]: a text "2", documented is an integer`},
		{"an empty list", `[{"id":1}]`, `[]`, `: is empty`},
		{"no relatives", `{"user_ids":[1],"group_ids":{"1":["full"]}}`, `{"user_ids":[],"group_ids":{}}`, ``},
		{"an entry that lacks what all have", `[{"id":1,"a":1},{"id":2,"a":1}]`, `[{"id":1,"a":1},{"id":2}]`, `[].a: is missing`},
		{"an entry that lacks what some lack", `[{"id":1,"a":1},{"id":2}]`, `[{"id":1}]`, ``},
		{"deep inside", `{"assets":{"User":{"3":{"id":3,"login":"a"}}}}`, `{"assets":{"User":{"9":{"id":9}}}}`, `assets.User[].login: is missing`},
		{"other preferences", `{"preferences":{"locale":"de"}}`, `{"preferences":{}}`, ``},
	} {
		var sample, answer any
		if err := json.Unmarshal([]byte(tc.sample), &sample); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tc.answer), &answer); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(differences(sample, answer, []string{"karma"}), "; "); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
