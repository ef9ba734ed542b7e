package desk

import (
	"strings"
)

// Complete makes a user as a client wrote it one that may be stored: addresses and login in lower
// case, names in their two fields, and a login for whom none was given. before is zero for a new
// user. The login may still be taken by somebody else.
func (u *User) Complete(before User, newLogin func() string) error {
	u.Email = strings.ToLower(strings.TrimSpace(u.Email))
	if u.Email != before.Email && u.Email != "" && !ValidAddress(u.Email) {
		return &InvalidError{Field: "email", Reason: "Invalid email '" + u.Email + "'"}
	}
	u.Login = strings.ToLower(strings.TrimSpace(u.Login))
	if err := u.identified(); err != nil {
		return err
	}
	if u.Firstname != before.Firstname || u.Lastname != before.Lastname || before.ID == 0 || u.FullName() == "" {
		u.Firstname, u.Lastname = PersonName(u.Firstname, u.Lastname, u.Email)
	}
	if before.ID != 0 && u.Email != before.Email {
		u.reachable()
	}
	switch {
	case u.Login == before.Login && before.Login == before.Email && u.Email != before.Email && u.Email != "":
		u.Login = u.Email
	case u.Login == "" && u.Email != "":
		u.Login = u.Email
	case u.Login == "":
		u.Login = newLogin()
	}
	return u.checkOutOfOffice()
}

// reachable forgets that mail to a user did not arrive: the new address may be a better one.
func (u *User) reachable() {
	preferences := map[string]any{}
	for key, value := range u.Preferences {
		if !strings.HasPrefix(key, "mail_delivery_failed") {
			preferences[key] = value
		}
	}
	u.Preferences = preferences
}

// identified refuses a user about whom nothing is known.
func (u *User) identified() error {
	known := u.Firstname + u.Lastname + u.Phone + u.Mobile + u.Email + u.Login
	if strings.TrimSpace(known) == "" {
		return &InvalidError{Field: "login", Reason: "At least one identifier (firstname, lastname, phone, mobile or email) for user is required."}
	}
	return nil
}

func (u *User) checkOutOfOffice() error {
	if !u.OutOfOffice.OutOfOffice {
		return nil
	}
	start, end, replacement := u.OutOfOfficeStartAt, u.OutOfOfficeEndAt, u.OutOfOfficeReplacementID
	switch {
	case start == nil || end == nil:
		return &InvalidError{Field: "out_of_office_start_at", Reason: "The required start and end of out of office are missing."}
	case end.Before(*start):
		return &InvalidError{Field: "out_of_office_end_at", Reason: "The out of office end must not be before its start."}
	case replacement == nil:
		return &InvalidError{Field: "out_of_office_replacement_id", Reason: "The required out of office replacement is missing."}
	case *replacement == u.ID && u.ID != 0:
		return &InvalidError{Field: "out_of_office_replacement_id", Reason: "Nobody can be the own out of office replacement."}
	}
	return nil
}
