package intake

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

// applyArticleAttributes sets what the mail's headers, or a filter, want of the article. Which ticket
// it belongs to, and who wrote it, is said by other headers.
func applyArticleAttributes(ctx context.Context, tx *store.Store, m *mail, a *desk.Article) error {
	written := false                                              // what readers see is no longer what the parser made of the mail
	for _, name := range slices.Sorted(maps.Keys(m.attributes)) { // sender before sender_id: the id wins
		attribute, ok := strings.CutPrefix(name, forArticle)
		if !ok {
			continue
		}
		value := m.attributes[name]
		switch attribute {
		case "body":
			a.Body, written = desk.Cut(value, desk.MaxBody), true
		case "content_type":
			if value == "text/plain" || value == "text/html" {
				a.ContentType, written = value, true
			}
		case "origin_by", "origin_by_id":
			user, err := userNamed(ctx, tx, value, attribute == "origin_by_id")
			if err != nil {
				return err
			}
			if user != nil {
				a.OriginByID = &user.ID
			}
		default:
			if !setArticleRelation(a, attribute, value, m.catalog) {
				setArticleValue(a, attribute, value)
			}
		}
	}
	if written && a.ContentType == "text/html" {
		s := m.catalog.Settings
		a.Body, _ = richtext.Sanitize(a.Body, richtext.Options{OwnURL: s.String("http_type") + "://" + s.String("fqdn")})
	}
	return nil
}

// setArticleRelation sets relations to what the catalog holds. It reports whether there is such a one.
func setArticleRelation(a *desk.Article, attribute, value string, c *desk.Catalog) bool {
	switch attribute {
	case "type":
		for id, kind := range c.ArticleTypes {
			if kind.Name == value {
				a.TypeID = id
			}
		}
	case "sender":
		for id, sender := range c.Senders {
			if sender == value {
				a.SenderID = id
			}
		}
	case "type_id":
		setKnown(&a.TypeID, value, c.ArticleTypes)
	case "sender_id":
		setKnown(&a.SenderID, value, c.Senders)
	default:
		return false
	}
	return true
}

// setArticleValue sets columns that hold values. What can't be read is left alone.
func setArticleValue(a *desk.Article, attribute, value string) {
	switch attribute {
	case "from":
		a.From = optional(value, desk.MaxAddresses)
	case "to":
		a.To = optional(value, desk.MaxAddresses)
	case "cc":
		a.Cc = optional(value, desk.MaxAddresses)
	case "reply_to":
		a.ReplyTo = optional(value, desk.MaxReplyTo)
	case "subject":
		a.Subject = optional(oneLine(value), desk.MaxAddresses)
	case "message_id":
		a.MessageID = optional(value, desk.MaxAddresses)
		a.MessageIDMD5 = new(thread.MessageIDSum(value))
	case "in_reply_to":
		a.InReplyTo = optional(value, desk.MaxAddresses)
	case "references":
		a.References = optional(value, desk.MaxAddresses)
	case "internal":
		a.Internal = isTrue(value)
	case "preferences":
		var more map[string]any
		if json.Unmarshal([]byte(value), &more) == nil {
			maps.Copy(a.Preferences, more)
		}
	case "created_at":
		if at, ok := moment(value); ok {
			a.CreatedAt = at
		}
	case "updated_at":
		if at, ok := moment(value); ok {
			a.UpdatedAt = at
		}
	}
}
