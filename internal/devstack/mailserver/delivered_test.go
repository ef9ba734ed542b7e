package mailserver

import (
	"slices"
	"testing"
)

func TestMailsOfASecondKeepTheirOrder(t *testing.T) {
	t.Parallel()
	inOrder := []string{"9.H5P1.desk", "10.M000007P2.postroom", "10.H98123P3.desk", "/x/cur/10.H123456P4.desk:2,S", "11.H1P5.desk"}
	files := slices.Clone(inOrder)
	slices.Reverse(files)
	slices.SortFunc(files, func(a, b string) int { return slices.Compare(delivered(a), delivered(b)) })
	if !slices.Equal(files, inOrder) {
		t.Errorf("ordered as %q, want %q", files, inOrder)
	}
}
