package webhook

import (
	"encoding/json"
	"strings"
	"time"

	"postroom/internal/desk"
)

func ticketColumns(t *desk.Ticket) Object {
	return stamped(t.Stamp, Object{
		"id": t.ID, "group_id": t.GroupID, "priority_id": t.PriorityID, "state_id": t.StateID, "organization_id": t.OrganizationID,
		"number": t.Number, "title": t.Title, "owner_id": t.OwnerID, "customer_id": t.CustomerID, "note": t.Note, "type": t.Type,
		"pending_time": moment(t.PendingTime), "time_unit": decimal(t.TimeUnit), "preferences": orEmpty(t.Preferences),
		"last_contact_at": moment(t.LastContactAt), "last_contact_agent_at": moment(t.LastContactAgentAt),
		"last_contact_customer_at": moment(t.LastContactCustomerAt), "last_owner_update_at": moment(t.LastOwnerUpdateAt),
		"create_article_type_id": t.CreateArticleTypeID, "create_article_sender_id": t.CreateArticleSenderID,
		"article_count": t.ArticleCount, "escalation_at": moment(t.EscalationAt),
		"first_response_at": moment(t.FirstResponseAt), "first_response_escalation_at": moment(t.FirstResponseEscalationAt),
		"first_response_in_min": t.FirstResponseInMin, "first_response_diff_in_min": t.FirstResponseDiffInMin,
		"close_at": moment(t.CloseAt), "close_escalation_at": moment(t.CloseEscalationAt), "close_in_min": t.CloseInMin,
		"close_diff_in_min": t.CloseDiffInMin, "last_close_at": moment(t.LastCloseAt),
		"update_escalation_at": moment(t.UpdateEscalationAt), "update_in_min": t.UpdateInMin, "update_diff_in_min": t.UpdateDiffInMin,
	})
}

func articleColumns(a *desk.Article) Object {
	var spent any = 0
	if unit := decimal(a.TimeUnit); unit != nil {
		spent = json.Number(*unit)
	}
	return stamped(a.Stamp, Object{
		"id": a.ID, "ticket_id": a.TicketID, "type_id": a.TypeID, "sender_id": a.SenderID, "from": a.From, "to": a.To, "cc": a.Cc,
		"subject": a.Subject, "reply_to": a.ReplyTo, "message_id": a.MessageID, "message_id_md5": a.MessageIDMD5,
		"in_reply_to": a.InReplyTo, "content_type": a.ContentType, "references": a.References, "body": a.Body, "internal": a.Internal,
		"preferences": orEmpty(a.Preferences), "origin_by_id": a.OriginByID, "accounted_time": spent,
	})
}

func userColumns(u *desk.User) Object {
	return stamped(u.Stamp, Object{
		"id": u.ID, "organization_id": u.OrganizationID, "login": u.Login, "firstname": u.Firstname, "lastname": u.Lastname,
		"email": u.Email, "image": u.Image, "image_source": u.ImageSource, "web": u.Web, "phone": u.Phone, "fax": u.Fax,
		"mobile": u.Mobile, "department": u.Department, "street": u.Street, "zip": u.Zip, "city": u.City, "country": u.Country,
		"address": u.Address.Address, "vip": u.Vip, "verified": u.Verified, "active": u.Active, "note": u.Note, "source": u.Source,
		"out_of_office": u.OutOfOffice.OutOfOffice, "out_of_office_start_at": date(u.OutOfOfficeStartAt),
		"out_of_office_end_at": date(u.OutOfOfficeEndAt), "out_of_office_replacement_id": u.OutOfOfficeReplacementID,
	})
}

func organizationColumns(o desk.Organization) Object {
	return stamped(o.Stamp, Object{
		"id": o.ID, "name": o.Name, "shared": o.Shared, "domain": o.Domain, "domain_assignment": o.DomainAssignment,
		"active": o.Active, "vip": o.Vip, "note": o.Note,
	})
}

func groupColumns(g desk.Group) Object {
	return stamped(g.Stamp, Object{
		"id": g.ID, "signature_id": g.SignatureID, "email_address_id": g.EmailAddressID, "name": g.Name, "name_last": g.NameLast,
		"parent_id": g.ParentID, "assignment_timeout": g.AssignmentTimeout, "follow_up_possible": g.FollowUpPossible,
		"reopen_time_in_days": g.ReopenTimeInDays, "follow_up_assignment": g.FollowUpAssignment, "active": g.Active,
		"shared_drafts": g.SharedDrafts, "note": g.Note,
	})
}

func priorityColumns(p desk.Priority) Object {
	return stamped(p.Stamp, Object{
		"id": p.ID, "name": p.Name, "default_create": p.DefaultCreate, "ui_icon": p.UIIcon, "ui_color": p.UIColor, "note": p.Note, "active": p.Active,
	})
}

func stamped(stamp desk.Stamp, columns Object) Object {
	columns["created_by_id"], columns["updated_by_id"] = stamp.CreatedByID, stamp.UpdatedByID
	columns["created_at"], columns["updated_at"] = moment(&stamp.CreatedAt), moment(&stamp.UpdatedAt)
	return columns
}

func moment(t *time.Time) *string { return formatted(t, desk.TimeForm) }
func date(t *time.Time) *string   { return formatted(t, desk.DateForm) }

func formatted(t *time.Time, form string) *string {
	if t == nil {
		return nil
	}
	text := t.UTC().Format(form)
	return &text
}

// decimal shows a number of two places with one, or two where the second says something.
func decimal(number *string) *string {
	if number == nil {
		return nil
	}
	text := strings.TrimSuffix(*number, "0")
	return &text
}
