package desk

import "time"

// User is anybody who writes to us or works here.
type User struct {
	ID             UserID
	OrganizationID *OrganizationID
	Login          string
	Firstname      string
	Lastname       string
	Email          string
	Image          *string
	ImageSource    *string
	Active         bool
	Vip            bool
	Verified       bool
	Note           string
	Source         *string
	LastLogin      *time.Time
	LoginFailed    int
	Preferences    map[string]any
	Custom         map[string]any // as in Ticket
	Address
	OutOfOffice
	Stamp
}

// Address is where a user can be found or reached.
type Address struct {
	Web        string
	Phone      string
	Fax        string
	Mobile     string
	Department string
	Street     string
	Zip        string
	City       string
	Country    string
	Address    string
}

// OutOfOffice says who stands in for a user, and on which days.
type OutOfOffice struct {
	OutOfOffice              bool
	OutOfOfficeStartAt       *time.Time // a date
	OutOfOfficeEndAt         *time.Time // a date
	OutOfOfficeReplacementID *UserID
}

// FullName is how a user is shown to others.
func (u User) FullName() string {
	switch {
	case u.Firstname == "":
		return u.Lastname
	case u.Lastname == "":
		return u.Firstname
	}
	return u.Firstname + " " + u.Lastname
}

// Organization is a customer's company.
type Organization struct {
	ID               OrganizationID
	Name             string
	Shared           bool // members see each other's tickets
	Domain           string
	DomainAssignment bool // new users with a mail address of Domain join
	Active           bool
	Vip              bool
	Note             string
	Custom           map[string]any // as in Ticket
	Stamp
}
