package desk

import "time"

// UserLinks are a user's ties to records of other kinds.
type UserLinks struct {
	RoleIDs            []RoleID
	OrganizationIDs    []OrganizationID    // secondary ones
	Groups             GroupAccess         // the user's own; empty while the user is no active agent
	TwoFactorIDs       []int64             // second factors
	OverviewSortingIDs []OverviewSortingID // places given to overviews
	AuthorizationIDs   []AuthorizationID
	Accounts           map[string]Account // by identity provider
}

// OverviewSortingID is the id of a place that somebody gave an overview.
type OverviewSortingID int64

// AuthorizationID is the id of an account at an identity provider by which somebody signs in.
type AuthorizationID int64

// Account is what an identity provider calls somebody.
type Account struct{ UID, Username string }

// OrganizationLinks are the members of an organization.
type OrganizationLinks struct {
	MemberIDs          []UserID // whose primary organization it is
	SecondaryMemberIDs []UserID
}

// Role is a bundle of permissions and of access to groups that users hold.
type Role struct {
	ID              RoleID
	Name            string
	Preferences     map[string]any
	DefaultAtSignup bool
	Active          bool
	Note            string
	Stamp
}

// RoleLinks are a role's ties to records of other kinds.
type RoleLinks struct {
	PermissionIDs              []PermissionID
	Groups                     GroupAccess
	KnowledgeBasePermissionIDs []int64 // what it may do in parts of knowledge bases
}

// Permission is a dotted name for something that somebody may do.
type Permission struct {
	ID          PermissionID
	Name        string
	Label       string
	Description string
	Preferences map[string]any // prio, not, disabled
	AllowSignup bool
	Active      bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Signature is a text under the mails of a group.
type Signature struct {
	ID     SignatureID
	Name   string
	Body   string // HTML
	Active bool
	Note   string
	Stamp
}
