package rules

import (
	"strings"

	"postroom/internal/desk"
)

// Kind is what the values of an attribute are, and so which operators make sense for it.
type Kind int

// The kinds of values.
const (
	Text    Kind = iota + 1
	Number       // whole, such as an id
	Decimal      // such as hours with two places
	Bool
	Time
	Date
	List     // keys of options
	External // {"value", "label"} of another system; compared by its value
)

// kinds says what the values of attributes are that administrators added.
var kinds = map[desk.AttributeKind]Kind{
	desk.AttributeText: Text, desk.AttributeInteger: Number, desk.AttributeBoolean: Bool, desk.AttributeDate: Date,
	desk.AttributeTime: Time, desk.AttributeList: List, desk.AttributeExternal: External,
}

// special says what is compared, for attributes that are no column of their row.
type special int

const (
	isColumn       special = iota
	isTags                 // ticket.tags
	isSubscribers          // ticket.mention_user_ids
	isReplacement          // ticket.out_of_office_replacement_id
	isEventType            // ticket.action
	isEventArticle         // article.action
	isAccounted            // article.time_accounting
	isWorkingTime          // execution_time.calendar_id
	isExisting             // ticket_customer.existing: there is such a row
	isOpenExisting         // ticket_customer.open_existing
	isRoles                // user.role_ids
	isMembers              // organization.members_existing
)

// attribute is something that a comparison can look at.
type attribute struct {
	relation string // customer, article …: the part before the dot
	name     string
	kind     Kind
	special  special
	custom   *desk.Attribute // nil: it is not one that an administrator added
}

// String returns the name by which conditions know the attribute.
func (a attribute) String() string { return a.relation + "." + a.name }

// Attributes are the attributes that conditions about one kind of record may name.
type Attributes struct {
	object  *object
	catalog *desk.Catalog
	working bool // execution_time.calendar_id too
	wide    bool // relations too that only searches know
}

// AttributesOf are those of a kind of record: Ticket, User or Organization.
func AttributesOf(kind string, c *desk.Catalog) *Attributes {
	switch kind {
	case "User":
		return UserAttributes(c)
	case "Organization":
		return OrganizationAttributes(c)
	}
	return TicketAttributes(c)
}

// TicketAttributes are those of conditions about tickets: of the ticket, its customer, owner,
// organization, state and articles. The catalog says which attributes administrators added.
func TicketAttributes(c *desk.Catalog) *Attributes {
	return &Attributes{object: ticketObject, catalog: c}
}

// UserAttributes are those of conditions about users.
func UserAttributes(c *desk.Catalog) *Attributes { return &Attributes{object: userObject, catalog: c} }

// OrganizationAttributes are those of conditions about organizations.
func OrganizationAttributes(c *desk.Catalog) *Attributes {
	return &Attributes{object: organizationObject, catalog: c}
}

// WithWorkingTime returns these attributes and execution_time.calendar_id, which only triggers,
// schedulers and previews may ask for.
func (a *Attributes) WithWorkingTime() *Attributes {
	more := *a
	more.working = true
	return &more
}

// Wide returns these attributes and those that only searches know, such as group.name.
func (a *Attributes) Wide() *Attributes {
	more := *a
	more.wide = true
	return &more
}

// Class returns which kind of record the attributes are about: Ticket, User or Organization.
func (a *Attributes) Class() string { return a.object.relations[a.object.main].class }

// Main returns the name before the dot of the record's own attributes, such as ticket.
func (a *Attributes) Main() string { return a.object.main }

// Kind returns the kind of an attribute by its whole name, such as ticket.state_id.
func (a *Attributes) Kind(name string) (Kind, bool) {
	found, ok := a.find(name)
	return found.kind, ok
}

// Named reports whether there is a state, a priority or a group with a text in its name; attribute is
// state.name and so on. Of names that the catalog doesn't know it reports false.
func (a *Attributes) Named(attribute, text string) bool {
	has := func(name string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(text)) }
	switch attribute {
	case "state.name":
		for _, state := range a.catalog.States {
			if has(state.Name) {
				return true
			}
		}
	case "priority.name":
		for _, priority := range a.catalog.Priorities {
			if has(priority.Name) {
				return true
			}
		}
	case "group.name":
		for _, group := range a.catalog.Groups {
			if has(group.Name) {
				return true
			}
		}
	}
	return false
}

func (a *Attributes) find(name string) (attribute, bool) {
	if found, ok := a.object.attributes[name]; ok {
		return found, a.wide || !a.object.relations[found.relation].searched
	}
	if a.working && name == "execution_time.calendar_id" {
		return attribute{relation: "execution_time", name: "calendar_id", kind: Number, special: isWorkingTime}, true
	}
	return a.findCustom(name)
}

func (a *Attributes) findCustom(name string) (attribute, bool) {
	prefix, own, dotted := strings.Cut(name, ".")
	relation, known := a.object.relations[prefix]
	if !dotted || !known || relation.searched && !a.wide {
		return attribute{}, false
	}
	definitions := a.catalog.Attributes[relation.class]
	for i := range definitions {
		if definition := &definitions[i]; definition.Name == own && definition.Custom() {
			return attribute{relation: prefix, name: own, kind: kinds[definition.Kind()], custom: definition}, true
		}
	}
	return attribute{}, false
}
