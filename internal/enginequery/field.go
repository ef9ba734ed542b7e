package enginequery

import (
	"strings"

	"postroom/internal/rules"
)

// relations are the attributes that documents hold as the database does, by what stands before the dot,
// and where in the document.
//
// What is left out can't be answered exactly. Of people and organizations that a ticket names: what changes
// without their tickets being written again (updated_at, last_login). Of articles: body, which is plain text
// in documents, and shorter. Of all: what administrators added, for an index keeps reading an attribute as
// it did the first one of its name, and skips values that don't fit.
var relations = map[string]struct{ path, attributes string }{
	"ticket": {"", ` id group_id priority_id state_id organization_id owner_id customer_id created_by_id updated_by_id
		create_article_type_id create_article_sender_id article_count time_unit first_response_in_min first_response_diff_in_min
		close_in_min close_diff_in_min update_in_min update_diff_in_min number title note type first_response_at
		first_response_escalation_at close_at close_escalation_at update_escalation_at last_close_at last_contact_at
		last_contact_agent_at last_contact_customer_at escalation_at pending_time created_at updated_at tags mention_user_ids `},
	"customer":     {"customer.", person},
	"owner":        {"owner.", person},
	"organization": {"organization.", ` id name domain note shared domain_assignment active vip created_at created_by_id `},
	"ticket_state": {"state.", ` id state_type_id next_state_id name note ignore_escalation default_create default_follow_up active
		created_at created_by_id `},
	"article": {"article.", ` id ticket_id type_id sender_id origin_by_id from to cc subject reply_to message_id in_reply_to references
		content_type internal created_at updated_at created_by_id updated_by_id `},
}

const person = ` id organization_id login firstname lastname email web phone fax mobile department street zip city country address
	note vip verified active out_of_office out_of_office_replacement_id created_at created_by_id `

// fieldOf is where documents hold what is compared.
func fieldOf(c rules.Comparison) (field string, known bool) {
	prefix, name, _ := strings.Cut(c.Name, ".")
	relation, ok := relations[prefix]
	if c.Custom || !ok {
		return "", false
	}
	for attribute := range strings.FieldsSeq(relation.attributes) {
		if attribute == name {
			return relation.path + name, true
		}
	}
	return "", false
}
