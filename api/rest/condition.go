package rest

import (
	"bytes"
	"encoding/json"

	"postroom/internal/rules"
)

// Condition takes a condition, and refuses one that can't be used. One that is stored already and
// comes back stays: it may name an attribute that is gone, and who switches its rule off must be
// able to.
func (in *Input) Condition(dst *map[string]any, about *rules.Attributes) {
	before := *dst
	in.Object(dst, "condition")
	if in.Err != nil || *dst == nil || same(before, *dst) {
		return
	}
	_, err := rules.ReadCondition(*dst, about)
	in.Keep(err)
}

// same reports whether two JSON objects have one text.
func same(a, b map[string]any) bool {
	one, err := json.Marshal(a)
	if err != nil {
		return false
	}
	other, err := json.Marshal(b)
	return err == nil && bytes.Equal(one, other)
}
