package rules

import (
	"strconv"

	"postroom/internal/desk"
)

// TicketRow makes the row of a ticket.
func TicketRow(t desk.Ticket, c *desk.Catalog) Row {
	row := Row{
		"id": int64(t.ID), "group_id": int64(t.GroupID), "priority_id": int64(t.PriorityID), "state_id": int64(t.StateID),
		"organization_id": number(t.OrganizationID), "owner_id": int64(t.OwnerID), "customer_id": int64(t.CustomerID),
		"number": t.Number, "title": t.Title, "note": plain(t.Note), "type": plain(t.Type), "time_unit": decimal(t.TimeUnit),
		"pending_time": plain(t.PendingTime), "last_contact_at": plain(t.LastContactAt),
		"last_contact_agent_at": plain(t.LastContactAgentAt), "last_contact_customer_at": plain(t.LastContactCustomerAt),
		"last_owner_update_at": plain(t.LastOwnerUpdateAt), "article_count": int64(t.ArticleCount),
		"create_article_type_id": number(t.CreateArticleTypeID), "create_article_sender_id": number(t.CreateArticleSenderID),
		"escalation_at": plain(t.EscalationAt), "first_response_at": plain(t.FirstResponseAt),
		"first_response_escalation_at": plain(t.FirstResponseEscalationAt), "first_response_in_min": number(t.FirstResponseInMin),
		"first_response_diff_in_min": number(t.FirstResponseDiffInMin), "close_at": plain(t.CloseAt),
		"close_escalation_at": plain(t.CloseEscalationAt), "close_in_min": number(t.CloseInMin),
		"close_diff_in_min": number(t.CloseDiffInMin), "last_close_at": plain(t.LastCloseAt),
		"update_escalation_at": plain(t.UpdateEscalationAt), "update_in_min": number(t.UpdateInMin),
		"update_diff_in_min": number(t.UpdateDiffInMin),
	}
	return row.stamped(t.Stamp).withCustom(c.CustomAttributes("Ticket"), t.Custom)
}

// ArticleRow makes the row of an article; accounted says whether time was booked for it.
func ArticleRow(a desk.Article, accounted bool) Row {
	return Row{
		"id": int64(a.ID), "ticket_id": int64(a.TicketID), "type_id": int64(a.TypeID), "sender_id": int64(a.SenderID),
		"origin_by_id": number(a.OriginByID), "from": plain(a.From), "to": plain(a.To), "cc": plain(a.Cc),
		"subject": plain(a.Subject), "reply_to": plain(a.ReplyTo), "message_id": plain(a.MessageID),
		"message_id_md5": plain(a.MessageIDMD5), "in_reply_to": plain(a.InReplyTo), "references": plain(a.References),
		"content_type": a.ContentType, "body": a.Body, "internal": a.Internal, RowAccounted: accounted,
	}.stamped(a.Stamp)
}

// UserRow makes the row of a user.
func UserRow(u desk.User, c *desk.Catalog) Row {
	row := Row{
		"id": int64(u.ID), "organization_id": number(u.OrganizationID), "login": u.Login, "firstname": u.Firstname,
		"lastname": u.Lastname, "email": u.Email, "image": plain(u.Image), "image_source": plain(u.ImageSource),
		"web": u.Web, "phone": u.Phone, "fax": u.Fax, "mobile": u.Mobile, "department": u.Department, "street": u.Street,
		"zip": u.Zip, "city": u.City, "country": u.Country, "address": u.Address.Address, "note": u.Note,
		"source": plain(u.Source), "vip": u.Vip, "verified": u.Verified, "active": u.Active, "last_login": plain(u.LastLogin),
		"login_failed": int64(u.LoginFailed), "out_of_office": u.OutOfOffice.OutOfOffice,
		"out_of_office_start_at": plain(u.OutOfOfficeStartAt), "out_of_office_end_at": plain(u.OutOfOfficeEndAt),
		"out_of_office_replacement_id": number(u.OutOfOfficeReplacementID),
	}
	return row.stamped(u.Stamp).withCustom(c.CustomAttributes("User"), u.Custom)
}

// OrganizationRow makes the row of an organization.
func OrganizationRow(o desk.Organization, c *desk.Catalog) Row {
	row := Row{
		"id": int64(o.ID), "name": o.Name, "domain": o.Domain, "note": o.Note, "shared": o.Shared,
		"domain_assignment": o.DomainAssignment, "active": o.Active, "vip": o.Vip,
	}
	return row.stamped(o.Stamp).withCustom(c.CustomAttributes("Organization"), o.Custom)
}

// StateRow makes the row of a state.
func StateRow(s desk.State) Row {
	return Row{
		"id": int64(s.ID), "state_type_id": int64(s.StateTypeID), "next_state_id": number(s.NextStateID), "name": s.Name,
		"note": plain(s.Note), "ignore_escalation": s.IgnoreEscalation, "default_create": s.DefaultCreate,
		"default_follow_up": s.DefaultFollowUp, "active": s.Active,
	}.stamped(s.Stamp)
}

func (r Row) stamped(s desk.Stamp) Row {
	r["created_by_id"], r["updated_by_id"] = int64(s.CreatedByID), int64(s.UpdatedByID)
	r["created_at"], r["updated_at"] = s.CreatedAt, s.UpdatedAt
	return r
}

// withCustom adds the values of attributes that administrators added.
func (r Row) withCustom(attributes []desk.Attribute, custom map[string]any) Row {
	for i := range attributes {
		r[attributes[i].Name] = customValue(&attributes[i], custom)
	}
	return r
}

func customValue(a *desk.Attribute, custom map[string]any) any {
	switch v := a.Of(custom).(type) {
	case int:
		return int64(v)
	case bool:
		return v
	case string:
		if a.Kind() == desk.AttributeDate || a.Kind() == desk.AttributeTime {
			at, ok := readTime(v)
			if !ok {
				return nil
			}
			return at
		}
		return v
	case []any:
		keys := []string{}
		for _, key := range v {
			if text, isText := key.(string); isText {
				keys = append(keys, text)
			}
		}
		return keys
	case map[string]any:
		if text, ok := readScalar(v); ok && v["value"] != nil {
			return text
		}
	}
	return nil
}

// plain makes of what may be missing a value or nil.
func plain[T any](value *T) any {
	if value == nil {
		return nil
	}
	return *value
}

func number[T ~int64 | ~int](value *T) any {
	if value == nil {
		return nil
	}
	return int64(*value)
}

func decimal(text *string) any {
	if text == nil {
		return nil
	}
	n, err := strconv.ParseFloat(*text, 64)
	if err != nil {
		return nil
	}
	return n
}
