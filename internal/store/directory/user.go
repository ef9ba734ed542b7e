package directory

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// Columns are the columns of users u in the order of Fields. The password is not among
// them: it leaves the store with Credentials only.
const Columns = `u.id, u.organization_id, u.login, u.firstname, u.lastname, u.email, u.image, u.image_source,
		u.active, u.vip, u.verified, u.note, u.source, u.last_login, u.login_failed, u.preferences,
		u.web, u.phone, u.fax, u.mobile, u.department, u.street, u.zip, u.city, u.country, u.address,
		u.out_of_office, u.out_of_office_start_at, u.out_of_office_end_at, u.out_of_office_replacement_id, u.custom,
		u.updated_by_id, u.created_by_id, u.created_at, u.updated_at`

// Fields are where the values of Columns go.
func Fields(u *desk.User) []any {
	return []any{
		&u.ID, &u.OrganizationID, &u.Login, &u.Firstname, &u.Lastname, &u.Email, &u.Image, &u.ImageSource,
		&u.Active, &u.Vip, &u.Verified, &u.Note, &u.Source, &u.LastLogin, &u.LoginFailed, &u.Preferences,
		&u.Web, &u.Phone, &u.Fax, &u.Mobile, &u.Department, &u.Street, &u.Zip, &u.City, &u.Country, &u.Address.Address,
		&u.OutOfOffice.OutOfOffice, &u.OutOfOfficeStartAt, &u.OutOfOfficeEndAt, &u.OutOfOfficeReplacementID, &u.Custom,
		&u.UpdatedByID, &u.CreatedByID, &u.CreatedAt, &u.UpdatedAt,
	}
}

const userByID = `
	SELECT ` + Columns + `
	FROM users u
	WHERE u.id = $1`

// User returns one user, or a *desk.MissingError.
func (s Keeper) User(ctx context.Context, id desk.UserID) (desk.User, error) {
	return pg.One[desk.User](ctx, s.DB, userByID, "User", int64(id))
}

// UsersByID reads the users with the ids $1.
const UsersByID = `
	SELECT ` + Columns + `
	FROM users u
	WHERE u.id = ANY($1)`

// Users returns those of the users that exist, by id.
func (s Keeper) Users(ctx context.Context, ids []desk.UserID) (map[desk.UserID]desk.User, error) {
	return pg.ByID(ctx, s.DB, UsersByID, func(u desk.User) desk.UserID { return u.ID }, ids)
}
