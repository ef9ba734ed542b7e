package knowledge

import (
	"strconv"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
)

// What leaves the house of knowledge bases. Ids of what belongs to a record are added where they
// are known.

func baseRecord(v kb.Base) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"iconset", v.Iconset}, {"color_highlight", v.ColorHighlight}, {"color_header", v.ColorHeader},
		{"color_header_link", v.ColorHeaderLink}, {"homepage_layout", v.HomepageLayout}, {"category_layout", v.CategoryLayout},
		{"active", v.Active}, {"show_feed_icon", v.ShowFeedIcon}, {"custom_address", v.CustomAddress},
		{"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

func localeRecord(v kb.Locale) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"knowledge_base_id", v.KnowledgeBaseID}, {"system_locale_id", v.SystemLocaleID}, {"primary", v.Primary},
		{"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

func baseTranslationRecord(v kb.Translation) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"title", v.Title}, {"footer_note", v.Text}, {"kb_locale_id", v.LocaleID}, {"knowledge_base_id", v.OwnerID},
		{"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

func categoryRecord(v kb.Category) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"knowledge_base_id", v.KnowledgeBaseID}, {"parent_id", v.ParentID}, {"category_icon", v.CategoryIcon},
		{"position", v.Position}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

func categoryTranslationRecord(v kb.Translation) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"title", v.Title}, {"kb_locale_id", v.LocaleID}, {"category_id", v.OwnerID},
		{"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

func answerRecord(v kb.Answer) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"category_id", v.CategoryID}, {"promoted", v.Promoted}, {"internal_note", v.InternalNote}, {"position", v.Position},
		{"archived_at", v.ArchivedAt}, {"archived_by_id", v.ArchivedByID}, {"internal_at", v.InternalAt}, {"internal_by_id", v.InternalByID},
		{"published_at", v.PublishedAt}, {"published_by_id", v.PublishedByID}, {"created_at", v.CreatedAt}, {"updated_at", v.UpdatedAt},
	}
}

// answerTranslationRecord shows a translation. Its content has its id.
func answerTranslationRecord(v kb.Translation) rest.Record {
	return rest.Record{
		{"id", v.ID}, {"title", v.Title}, {"kb_locale_id", v.LocaleID}, {"answer_id", v.OwnerID}, {"content_id", v.ID},
	}.Stamped(v.Stamp)
}

func fileRecord(v desk.Attachment) rest.Record {
	url := "/api/v1/attachments/" + rest.IDText(v.ID)
	return rest.Record{
		{"id", v.ID}, {"url", url}, {"preview_url", url + "?preview=1"}, {"filename", v.Filename},
		{"size", strconv.FormatInt(v.Size, 10)}, {"preferences", v.Preferences},
	}
}

func grantRecord(v kb.Grant) rest.Record {
	return rest.Record{{"id", v.ID}, {"access", v.Access.String()}, {"role_id", v.RoleID}}
}

// idsOf are the ids of records, in their order; not nil.
func idsOf[T any, ID ~int64](items []T, id func(T) ID) []ID {
	ids := make([]ID, len(items))
	for i, item := range items {
		ids[i] = id(item)
	}
	return ids
}
