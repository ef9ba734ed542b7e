package store_test

import (
	"reflect"
	"testing"

	"postroom/internal/store"
)

// Two rooms with a method of one name would silently take it away from the Store: neither is
// promoted then.
func TestMethodsOfAllKeepersAreTheStores(t *testing.T) {
	t.Parallel()
	whole := reflect.TypeFor[*store.Store]()
	methods := 0
	for i := range whole.Elem().NumField() {
		keeper := whole.Elem().Field(i)
		for j := range keeper.Type.NumMethod() {
			name := keeper.Type.Method(j).Name
			if _, there := whole.MethodByName(name); !there {
				t.Errorf("%s of %s is not a method of the Store: another room has one of this name", name, keeper.Type)
			}
			methods++
		}
	}
	if methods < 300 {
		t.Errorf("looked at %d methods: the keepers were not found", methods)
	}
}
