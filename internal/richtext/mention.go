package richtext

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// maxMentions bounds how many people a text can name.
const maxMentions = 100

// MentionedUsers returns the ids of the users whom HTML names by links that carry
// data-mention-user-id, each once, in their order.
func MentionedUsers(source string) []int64 {
	const attribute = "data-mention-user-id"
	if !strings.Contains(source, attribute) {
		return nil
	}
	var ids []int64
	for z := html.NewTokenizer(strings.NewReader(source)); len(ids) < maxMentions; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := z.Token()
		for _, a := range token.Attr {
			id, err := strconv.ParseInt(strings.TrimSpace(a.Val), 10, 64)
			if token.Data == "a" && a.Key == attribute && err == nil && id > 0 && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
