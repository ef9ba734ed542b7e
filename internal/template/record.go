package template

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/attribute"
	"postroom/internal/desk"
)

// Records looks up what records refer to. Each is asked for only when a text names it.
type Records interface {
	User(id desk.UserID) (desk.User, bool)
	Organization(id desk.OrganizationID) (desk.Organization, bool)
	// Tags are those of a ticket.
	Tags(id desk.TicketID) []string
	// Signature is that of a group.
	Signature(id desk.SignatureID) (desk.Signature, bool)
	// Picture is that of a user; nil: there is none.
	Picture(u desk.User) []byte
}

// House makes objects of records.
type House struct {
	Catalog *desk.Catalog
	Records Records
}

// fields are the attributes of an object, each worked out when it is asked for.
type fields map[string]func() any

// record is an object of our own.
type record struct {
	fields fields
	custom []desk.Attribute // that administrators added
	values map[string]any   // of those
}

// Get implements Object.
func (r record) Get(name string) (any, bool) {
	if field, known := r.fields[name]; known {
		return field(), true
	}
	at := slices.IndexFunc(r.custom, func(a desk.Attribute) bool { return a.Name == name })
	if at < 0 {
		return nil, false
	}
	return customValue(&r.custom[at], r.values), true
}

// customValue is the value of an attribute that an administrator added, with its label.
func customValue(a *desk.Attribute, values map[string]any) any {
	value := a.Of(values)
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		switch {
		case a.Kind() == desk.AttributeDate:
			if day, err := time.Parse(desk.DateForm, v); err == nil {
				return Day(day)
			}
		case a.Kind() == desk.AttributeTime:
			if at, err := time.Parse(desk.TimeForm, v); err == nil {
				return at
			}
		case a.DataType == "textarea":
			return Text(v)
		case a.DataType == "richtext":
			return HTML(v)
		}
		return Labeled{v, labelOf(a, v)}
	case bool:
		return Labeled{v, labelOf(a, strconv.FormatBool(v))}
	case []any:
		var labels []string
		for _, key := range v {
			text, _ := key.(string)
			labels = append(labels, labelOf(a, text))
		}
		return Labeled{v, strings.Join(labels, ", ")}
	case map[string]any:
		label, _ := v["label"].(string)
		return Labeled{v, label}
	}
	return value
}

// labelOf is what the forms call a value; one that can't be chosen any more keeps its label.
func labelOf(a *desk.Attribute, key string) string {
	for _, options := range []any{a.DataOption["options"], a.DataOption["historical_options"]} {
		if label := attribute.Labels(options)[key]; label != "" {
			return label
		}
	}
	return key
}

func constant(value any) func() any { return func() any { return value } }

// optional is a value that may be missing.
func optional[T any](value *T) func() any {
	if value == nil {
		return constant(nil)
	}
	return constant(*value)
}

func number[T ~int64 | ~int](value T) func() any { return constant(int64(value)) }

func optionalNumber[T ~int64 | ~int](value *T) func() any {
	if value == nil {
		return constant(nil)
	}
	return number(*value)
}

func (h House) stamped(f fields, s desk.Stamp) fields {
	f["created_at"], f["updated_at"] = constant(s.CreatedAt), constant(s.UpdatedAt)
	f["created_by_id"], f["updated_by_id"] = number(s.CreatedByID), number(s.UpdatedByID)
	f["created_by"], f["updated_by"] = h.user(s.CreatedByID), h.user(s.UpdatedByID)
	return f
}

// user is a relation to somebody.
func (h House) user(id desk.UserID) func() any {
	return func() any {
		if u, known := h.Records.User(id); known {
			return h.User(u)
		}
		return nil
	}
}

func (h House) optionalUser(id *desk.UserID) func() any {
	if id == nil {
		return constant(nil)
	}
	return h.user(*id)
}

func (h House) organization(id *desk.OrganizationID) func() any {
	return func() any {
		if id == nil {
			return nil
		}
		if o, known := h.Records.Organization(*id); known {
			return h.Organization(o)
		}
		return nil
	}
}

// User makes an object of a user.
func (h House) User(u desk.User) Object {
	f := fields{
		"id": number(u.ID), "login": constant(u.Login), "firstname": constant(u.Firstname), "lastname": constant(u.Lastname),
		"fullname": constant(u.FullName()), "email": constant(u.Email), "web": constant(u.Web), "phone": constant(u.Phone),
		"fax": constant(u.Fax), "mobile": constant(u.Mobile), "department": constant(u.Department), "street": constant(u.Street),
		"zip": constant(u.Zip), "city": constant(u.City), "country": constant(u.Country), "address": constant(Text(u.Address.Address)),
		"vip": constant(u.Vip), "verified": constant(u.Verified), "active": constant(u.Active), "note": constant(Text(u.Note)),
		"organization_id": optionalNumber(u.OrganizationID), "organization": h.organization(u.OrganizationID),
		"last_login": optional(u.LastLogin), "out_of_office": constant(u.OutOfOffice.OutOfOffice),
		"out_of_office_start_at": day(u.OutOfOfficeStartAt), "out_of_office_end_at": day(u.OutOfOfficeEndAt),
		"out_of_office_replacement_id": optionalNumber(u.OutOfOfficeReplacementID),
		"out_of_office_replacement":    h.optionalUser(u.OutOfOfficeReplacementID),
		"avatar":                       func() any { return Picture{Data: h.Records.Picture(u)} },
	}
	return record{h.stamped(f, u.Stamp), h.Catalog.CustomAttributes("User"), u.Custom}
}

func day(t *time.Time) func() any {
	if t == nil {
		return constant(nil)
	}
	return constant(Day(*t))
}

// Organization makes an object of an organization.
func (h House) Organization(o desk.Organization) Object {
	f := fields{
		"id": number(o.ID), "name": constant(o.Name), "domain": constant(o.Domain), "shared": constant(o.Shared),
		"domain_assignment": constant(o.DomainAssignment), "active": constant(o.Active), "vip": constant(o.Vip), "note": constant(Text(o.Note)),
	}
	return record{h.stamped(f, o.Stamp), h.Catalog.CustomAttributes("Organization"), o.Custom}
}

// Group makes an object of a group.
func (h House) Group(g desk.Group) Object {
	f := fields{
		"id": number(g.ID), "name": constant(g.Name), "name_last": constant(g.NameLast), "parent_id": optionalNumber(g.ParentID),
		"active": constant(g.Active), "note": constant(g.Note), "assignment_timeout": optionalNumber(g.AssignmentTimeout),
		"follow_up_possible": constant(g.FollowUpPossible), "follow_up_assignment": constant(g.FollowUpAssignment),
		"email_address_id": optionalNumber(g.EmailAddressID), "signature_id": optionalNumber(g.SignatureID),
		"email_address": h.emailAddress(g.EmailAddressID), "signature": h.signature(g.SignatureID),
	}
	return record{h.stamped(f, g.Stamp), h.Catalog.CustomAttributes("Group"), g.Custom}
}

func (h House) emailAddress(id *desk.EmailAddressID) func() any {
	return func() any {
		if id == nil {
			return nil
		}
		a, known := h.Catalog.Addresses[*id]
		if !known {
			return nil
		}
		return record{fields: fields{
			"id": number(a.ID), "name": constant(a.Name), "email": constant(a.Email), "active": constant(a.Active), "note": constant(a.Note),
			"realname": constant(a.Name),
		}}
	}
}

func (h House) signature(id *desk.SignatureID) func() any {
	return func() any {
		if id == nil {
			return nil
		}
		s, known := h.Records.Signature(*id)
		if !known {
			return nil
		}
		return record{fields: h.stamped(fields{
			"id": number(s.ID), "name": constant(s.Name), "body": constant(HTML(s.Body)), "active": constant(s.Active), "note": constant(s.Note),
		}, s.Stamp)}
	}
}
