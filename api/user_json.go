package api

import (
	"net/http"

	"postroom/internal/desk"
)

// userRecord shows the columns of a user.
func userRecord(u desk.User) record {
	return record{
		{"id", u.ID}, {"organization_id", u.OrganizationID}, {"login", u.Login},
		{"firstname", u.Firstname}, {"lastname", u.Lastname}, {"email", u.Email},
		{"image", u.Image}, {"image_source", u.ImageSource},
		{"web", u.Web}, {"phone", u.Phone}, {"fax", u.Fax}, {"mobile", u.Mobile}, {"department", u.Department},
		{"street", u.Street}, {"zip", u.Zip}, {"city", u.City}, {"country", u.Country}, {"address", u.Address.Address},
		{"vip", u.Vip}, {"verified", u.Verified}, {"active", u.Active}, {"note", u.Note},
		{"last_login", u.LastLogin}, {"source", u.Source}, {"login_failed", u.LoginFailed},
		{"out_of_office", u.OutOfOffice.OutOfOffice},
		{"out_of_office_start_at", date(u.OutOfOfficeStartAt)}, {"out_of_office_end_at", date(u.OutOfOfficeEndAt)},
		{"out_of_office_replacement_id", u.OutOfOfficeReplacementID},
		{"preferences", u.Preferences},
		{"updated_by_id", u.UpdatedByID}, {"created_by_id", u.CreatedByID},
		{"created_at", u.CreatedAt}, {"updated_at", u.UpdatedAt},
	}
}

func (s *Server) showMe(w http.ResponseWriter, r *http.Request) error {
	return reply(w, r, userRecord(caller(r).User))
}
