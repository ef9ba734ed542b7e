package attribute

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"postroom/internal/desk"
)

// maxName is the length of a name in characters.
const maxName = 100

var (
	nameForm  = regexp.MustCompile(`^[a-z0-9_]+$`)
	nameOfIDs = regexp.MustCompile(`._ids?$`)
	letter    = regexp.MustCompile(`[a-z]`)
)

// reserved are names that mean something else to a database, to a search, or to clients.
var reserved = strings.Fields(`destroy true false integer select drop create alter index table varchar blob date datetime timestamp
	url icon initials avatar permission validate subscribe unsubscribe translate search _type _doc _id id action scope constructor
	attribute attributes assets object objects class method hash model errors changes saved new_record`)

// taken are the names of what records have already: columns, relations, and what expanding and
// requests name.
var taken = map[string][]string{
	"": strings.Fields(`id created_at updated_at created_by updated_by created_by_id updated_by_id preferences note active
		name expand full all custom`),
	"Ticket": strings.Fields(`article articles group state priority owner customer organization number title tags links mentions
		first_response_at first_response_escalation_at first_response_in_min first_response_diff_in_min close_at close_escalation_at
		close_in_min close_diff_in_min update_escalation_at update_in_min update_diff_in_min last_close_at last_contact_at
		last_contact_agent_at last_contact_customer_at last_owner_update_at create_article_type create_article_sender article_count
		escalation_at pending_time time_unit checklist referencing_checklists ticket_time_accounting shared_draft mention subscribers
		history merge`),
	"User": strings.Fields(`organization organizations login firstname lastname email image image_source web phone fax mobile
		password vip verified last_login source login_failed out_of_office out_of_office_start_at out_of_office_end_at
		out_of_office_replacement role roles role_ids group groups group_ids token tokens authorizations accounts
		two_factor_preferences overview_sortings fullname invite signup device devices`),
	"Organization": strings.Fields(`shared domain domain_assignment vip member members secondary_member secondary_members users`),
	"Group": strings.Fields(`signature email_address name_last parent assignment_timeout follow_up_possible reopen_time_in_days
		follow_up_assignment shared_drafts users user roles role summary_generation`),
}

// checkName refuses names that can't be those of a new attribute.
func checkName(object, name string) error {
	switch {
	case name == "":
		return invalid("name", "Name can't be blank")
	case len(name) > maxName:
		return invalid("name", "Name is too long (maximum is %d characters)", maxName)
	case nameOfIDs.MatchString(name):
		return invalid("name", "Name can't be used because *_id and *_ids are not allowed")
	case strings.ContainsAny(name, " \t\r\n"):
		return invalid("name", "Name spaces are not allowed")
	case !nameForm.MatchString(name):
		return invalid("name", "Name only lowercase letters, numbers, and '_' are allowed")
	case !letter.MatchString(name):
		return invalid("name", "Name at least one letter is required")
	case slices.Contains(reserved, name):
		return invalid("name", "Name %s is a reserved word", name)
	case slices.Contains(taken[""], name), slices.Contains(taken[object], name):
		return invalid("name", "Name %s already exists", name)
	}
	return nil
}

func invalid(field, format string, args ...any) error {
	return &desk.InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}
