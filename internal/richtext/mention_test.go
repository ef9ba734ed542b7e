package richtext_test

import (
	"slices"
	"strings"
	"testing"

	"postroom/internal/richtext"
)

func TestMentionedUsersOfAText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		source string
		want   []int64
	}{
		{"nobody", nil},
		{`<a href="/#user/3" data-mention-user-id="3">Ann</a> and <a data-mention-user-id='4' rel="x">Bob</a>`, []int64{3, 4}},
		{`<a data-mention-user-id="3">a</a><a data-mention-user-id="3">b</a>`, []int64{3}},
		{`<b data-mention-user-id="3">a</b>`, nil},
		{`<a data-mention-user-id="">a</a><a data-mention-user-id="x">a</a><a data-mention-user-id="-1">a</a>`, nil},
		{`data-mention-user-id="3"`, nil},
		{`<!-- <a data-mention-user-id="3"> -->`, nil},
		{strings.Repeat("<", 1000) + `data-mention-user-id`, nil},
	} {
		if got := richtext.MentionedUsers(tc.source); !slices.Equal(got, tc.want) {
			t.Errorf("mentioned in %.60q: %v, want %v", tc.source, got, tc.want)
		}
	}
	cleaned, _ := richtext.Sanitize(`<a href="/#user/3" data-mention-user-id="3">Ann</a>`, richtext.Options{})
	if got := richtext.MentionedUsers(cleaned); !slices.Equal(got, []int64{3}) {
		t.Errorf("mentioned in cleaned HTML %s: %v, want 3", cleaned, got)
	}
}
