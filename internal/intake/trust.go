package intake

import (
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// trust takes the X-Zammad-* headers away from mails of channels that anybody can write to, and
// those that name a record that isn't there from the others.
func trust(m *mail) {
	if !m.trusted() {
		clear(m.attributes)
		return
	}
	for name, value := range m.attributes {
		if strings.HasSuffix(name, "_id") && !strings.Contains(name, "tags") && !m.refers(name, value) {
			delete(m.attributes, name)
		}
	}
}

func (m *mail) trusted() bool {
	if m.inbound.Options.Trusted {
		return true
	}
	inbound, _ := m.channel.Options["inbound"].(map[string]any)
	trusted, _ := inbound["trusted"].(bool)
	return trusted
}

// refers reports whether an attribute such as ticket-followup-state_id names a record of the
// catalog. Users and organizations are looked up where they are used.
func (m *mail) refers(name, value string) bool {
	if name == forArticle+"message_id" {
		return true // is called so, and names no record
	}
	id, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return false
	}
	c, ok := m.catalog, true
	_, attribute, _ := strings.Cut(name, "-")
	switch strings.TrimPrefix(attribute, "followup-") {
	case "group_id":
		_, ok = c.Groups[desk.GroupID(id)]
	case "state_id":
		_, ok = c.States[desk.StateID(id)]
	case "priority_id":
		_, ok = c.Priorities[desk.PriorityID(id)]
	case "type_id", "create_article_type_id":
		_, ok = c.ArticleTypes[desk.ArticleTypeID(id)]
	case "sender_id", "create_article_sender_id":
		_, ok = c.Senders[desk.SenderID(id)]
	}
	return ok
}
