package forms

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Values are what the fields of a record hold, by name: texts, numbers, switches, times and lists of
// them, or pointers to these.
type Values map[string]any

// list is a field's value as texts: none for an empty one, one for a single one.
func (v Values) list(name string) []string { return listOf(v[name]) }

func (v Values) blank(name string) bool { return len(v.list(name)) == 0 }

func listOf(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		if strings.TrimSpace(v) == "" {
			return nil
		}
		return []string{v}
	case bool:
		return []string{strconv.FormatBool(v)}
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case time.Time:
		return []string{v.UTC().Format(desk.TimeForm)}
	case map[string]any: // of an external data source
		return listOf(v["value"])
	}
	of := reflect.ValueOf(value)
	switch of.Kind() {
	case reflect.Pointer:
		if of.IsNil() {
			return nil
		}
		return listOf(of.Elem().Interface())
	case reflect.Slice:
		var all []string
		for i := range of.Len() {
			all = append(all, listOf(of.Index(i).Interface())...)
		}
		return all
	case reflect.Int, reflect.Int64:
		return []string{strconv.FormatInt(of.Int(), 10)}
	}
	return nil
}

// momentOf is a value as a moment.
func momentOf(value any) (time.Time, bool) {
	switch v := value.(type) {
	case time.Time:
		return v, true
	case *time.Time:
		if v != nil {
			return *v, true
		}
	case string:
		for _, form := range []string{time.RFC3339Nano, desk.DateForm} {
			if at, err := time.Parse(form, v); err == nil {
				return at, true
			}
		}
	}
	return time.Time{}, false
}

// idOf is an id, or nothing where there is none.
func idOf[T ~int64](id T) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}

// with adds the attributes that administrators added.
func (v Values) with(c *desk.Catalog, object string, custom map[string]any) Values {
	attributes := c.CustomAttributes(object)
	for i := range attributes {
		v[attributes[i].Name] = attributes[i].Of(custom)
	}
	return v
}

// TicketValues are the fields of a ticket.
func TicketValues(t desk.Ticket, c *desk.Catalog) Values {
	return Values{
		"id": idOf(t.ID), "number": t.Number, "title": t.Title, "customer_id": idOf(t.CustomerID), "organization_id": t.OrganizationID,
		"group_id": idOf(t.GroupID), "owner_id": idOf(t.OwnerID), "state_id": idOf(t.StateID), "priority_id": idOf(t.PriorityID),
		"pending_time": t.PendingTime, "type": t.Type, "note": t.Note, "article_count": t.ArticleCount, "escalation_at": t.EscalationAt,
		"created_at": t.CreatedAt, "updated_at": t.UpdatedAt, "created_by_id": idOf(t.CreatedByID), "updated_by_id": idOf(t.UpdatedByID),
		"close_at": t.CloseAt, "last_contact_at": t.LastContactAt, "last_contact_agent_at": t.LastContactAgentAt,
		"last_contact_customer_at": t.LastContactCustomerAt, "create_article_type_id": t.CreateArticleTypeID,
		"create_article_sender_id": t.CreateArticleSenderID, "time_unit": t.TimeUnit,
	}.with(c, "Ticket", t.Custom)
}

// UserValues are the fields of a user.
func UserValues(u desk.User, c *desk.Catalog) Values {
	return Values{
		"id": idOf(u.ID), "login": u.Login, "firstname": u.Firstname, "lastname": u.Lastname, "email": u.Email, "web": u.Web,
		"phone": u.Phone, "mobile": u.Mobile, "fax": u.Fax, "organization_id": u.OrganizationID, "department": u.Department,
		"street": u.Street, "zip": u.Zip, "city": u.City, "country": u.Country, "address": u.Address.Address, "vip": u.Vip,
		"verified": u.Verified, "note": u.Note, "active": u.Active, "source": u.Source, "last_login": u.LastLogin,
		"out_of_office": u.OutOfOffice.OutOfOffice, "created_at": u.CreatedAt, "updated_at": u.UpdatedAt,
		"created_by_id": idOf(u.CreatedByID), "updated_by_id": idOf(u.UpdatedByID),
	}.with(c, "User", u.Custom)
}

// OrganizationValues are the fields of an organization.
func OrganizationValues(o desk.Organization, c *desk.Catalog) Values {
	return Values{
		"id": idOf(o.ID), "name": o.Name, "shared": o.Shared, "domain": o.Domain, "domain_assignment": o.DomainAssignment,
		"active": o.Active, "vip": o.Vip, "note": o.Note, "created_at": o.CreatedAt, "updated_at": o.UpdatedAt,
	}.with(c, "Organization", o.Custom)
}

// GroupValues are the fields of a group.
func GroupValues(g desk.Group, c *desk.Catalog) Values {
	return Values{
		"id": idOf(g.ID), "name": g.Name, "name_last": g.NameLast, "parent_id": g.ParentID, "assignment_timeout": g.AssignmentTimeout,
		"follow_up_possible": g.FollowUpPossible, "reopen_time_in_days": g.ReopenTimeInDays, "follow_up_assignment": g.FollowUpAssignment,
		"email_address_id": g.EmailAddressID, "signature_id": g.SignatureID, "shared_drafts": g.SharedDrafts, "active": g.Active,
		"note": g.Note, "created_at": g.CreatedAt, "updated_at": g.UpdatedAt,
	}.with(c, "Group", g.Custom)
}

// sessionValues are what workflows may ask of who fills in a form.
func sessionValues(who *desk.Caller, c *desk.Catalog) Values {
	if who == nil {
		return Values{}
	}
	v := UserValues(who.User, c)
	v["role_ids"], v["organization_ids"] = who.RoleIDs, who.OrganizationIDs
	v["group_ids"] = slices.Sorted(maps.Keys(who.Groups))
	for _, level := range []desk.Access{desk.AccessRead, desk.AccessCreate, desk.AccessChange, desk.AccessOverview, desk.AccessFull} {
		v["group_ids_"+string(level)] = who.GroupsWith(level)
	}
	return v
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
