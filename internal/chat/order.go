package chat

import (
	"encoding/json"
	"strconv"

	"postroom/internal/desk"
)

// Order says which ticket to make of a session.
type Order struct {
	GroupID    desk.GroupID
	CustomerID desk.UserID // 0: nobody is known
}

// OrderOnClose is what a topic wants to become of every session that ends, if anything: its
// preferences hold {"ticket": {"on_close": true, "group_id": 1, "customer_id": 2}}.
func OrderOnClose(c desk.Chat) (Order, bool) {
	wish, _ := c.Preferences["ticket"].(map[string]any)
	on, _ := wish["on_close"].(bool)
	order := Order{GroupID: desk.GroupID(number(wish["group_id"])), CustomerID: desk.UserID(number(wish["customer_id"]))}
	return order, on && order.GroupID > 0
}

// number reads an id, which forms may send as text.
func number(value any) int64 {
	switch v := value.(type) {
	case float64:
		return int64(v)
	case json.Number:
		n, _ := v.Int64()
		return n
	case string:
		n, _ := strconv.ParseInt(v, 10, 64) // what is no number is no id
		return n
	}
	return 0
}
