package rules

import "strings"

// object is a kind of record that conditions are about, and how other records hang on to it.
type object struct {
	main       string // the relation that is the record itself
	row        string // what SQL calls its row
	relations  map[string]relation
	attributes map[string]attribute // by whole name
}

// relation is how rows of a table belong to the record.
type relation struct {
	class    string // whose custom attributes the rows have
	table    string
	key      string // the record's column that refers to the one row there is
	optional bool   // there may be none
	back     string // the column of the many rows that refers to the record
	searched bool   // only searches know it
}

// columns are the columns of a table by their kind, separated by blanks.
type columns map[Kind]string

// stamp is what nearly every table has.
var stamp = columns{Number: "created_by_id updated_by_id", Time: "created_at updated_at"}

var ticketColumns = columns{
	Number: `id group_id priority_id state_id organization_id owner_id customer_id first_response_in_min
		first_response_diff_in_min close_in_min close_diff_in_min update_in_min update_diff_in_min
		create_article_type_id create_article_sender_id article_count`,
	Text:    "number title note type",
	Decimal: "time_unit",
	Time: `first_response_at first_response_escalation_at close_at close_escalation_at update_escalation_at last_close_at
		last_contact_at last_contact_agent_at last_contact_customer_at last_owner_update_at escalation_at pending_time`,
}

var articleColumns = columns{
	Number: "id ticket_id type_id sender_id origin_by_id",
	Text:   "from to cc subject reply_to message_id message_id_md5 in_reply_to references content_type body",
	Bool:   "internal",
}

var userColumns = columns{
	Number: "id organization_id login_failed out_of_office_replacement_id",
	Text: `login firstname lastname email image image_source web phone fax mobile department street zip city country address
		note source`,
	Bool: "vip verified active out_of_office",
	Time: "last_login",
	Date: "out_of_office_start_at out_of_office_end_at",
}

var organizationColumns = columns{
	Number: "id",
	Text:   "name domain note",
	Bool:   "shared domain_assignment active vip",
}

var stateColumns = columns{
	Number: "id state_type_id next_state_id",
	Text:   "name note",
	Bool:   "ignore_escalation default_create default_follow_up active",
}

// Of these, searches use little more than the name.
var (
	groupColumns    = columns{Number: "id parent_id", Text: "name name_last note", Bool: "active"}
	priorityColumns = columns{Number: "id", Text: "name note", Bool: "active"}
)

var ticketObject = newObject("ticket", "t", map[string]relation{
	"ticket":       {class: "Ticket", table: "tickets"},
	"customer":     {class: "User", table: "users", key: "customer_id"},
	"owner":        {class: "User", table: "users", key: "owner_id"},
	"organization": {class: "Organization", table: "organizations", key: "organization_id", optional: true},
	"ticket_state": {table: "ticket_states", key: "state_id"},
	"article":      {table: "ticket_articles", back: "ticket_id"},
	"state":        {table: "ticket_states", key: "state_id", searched: true},
	"priority":     {table: "ticket_priorities", key: "priority_id", searched: true},
	"group":        {class: "Group", table: "groups", key: "group_id", searched: true},
	"created_by":   {class: "User", table: "users", key: "created_by_id", searched: true},
	"updated_by":   {class: "User", table: "users", key: "updated_by_id", searched: true},
}, []attribute{
	{relation: "ticket", name: "tags", special: isTags, kind: List},
	{relation: "ticket", name: "mention_user_ids", special: isSubscribers, kind: Number},
	{relation: "ticket", name: "out_of_office_replacement_id", special: isReplacement, kind: Number},
	{relation: "ticket", name: "action", special: isEventType, kind: Text},
	{relation: "article", name: "action", special: isEventArticle, kind: Text},
	{relation: "article", name: "time_accounting", special: isAccounted},
})

var userObject = newObject("user", "u", map[string]relation{
	"user":            {class: "User", table: "users"},
	"organization":    {class: "Organization", table: "organizations", key: "organization_id", optional: true},
	"ticket_customer": {table: "tickets", back: "customer_id"},
	"ticket_owner":    {table: "tickets", back: "owner_id"},
}, []attribute{
	{relation: "user", name: "role_ids", special: isRoles, kind: Number},
	{relation: "ticket_customer", name: "existing", special: isExisting, kind: Bool},
	{relation: "ticket_customer", name: "open_existing", special: isOpenExisting, kind: Bool},
	{relation: "ticket_owner", name: "existing", special: isExisting, kind: Bool},
	{relation: "ticket_owner", name: "open_existing", special: isOpenExisting, kind: Bool},
})

var organizationObject = newObject("organization", "o", map[string]relation{
	"organization": {class: "Organization", table: "organizations"},
}, []attribute{
	{relation: "organization", name: "members_existing", special: isMembers, kind: Bool},
})

var columnsOf = map[string][]columns{
	"tickets":           {ticketColumns, stamp},
	"ticket_articles":   {articleColumns, stamp},
	"users":             {userColumns, stamp},
	"organizations":     {organizationColumns, stamp},
	"ticket_states":     {stateColumns, stamp},
	"ticket_priorities": {priorityColumns, stamp},
	"groups":            {groupColumns, stamp},
}

// contacts are the columns of tickets that conditions about users may look at.
var contacts = []columns{{Time: "last_contact_at last_contact_agent_at last_contact_customer_at updated_at"}}

func newObject(main, row string, relations map[string]relation, specials []attribute) *object {
	o := &object{main: main, row: row, relations: relations, attributes: map[string]attribute{}}
	for prefix, r := range relations {
		parts := columnsOf[r.table]
		if r.table == "tickets" && prefix != main {
			parts = contacts
		}
		for _, part := range parts {
			for kind, names := range part {
				for name := range strings.FieldsSeq(names) {
					a := attribute{relation: prefix, name: name, kind: kind}
					o.attributes[a.String()] = a
				}
			}
		}
	}
	for _, a := range specials {
		o.attributes[a.String()] = a
	}
	return o
}
