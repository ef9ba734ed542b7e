// Package source is what all helpdesks that are taken over have in common: how their records look to
// us, and how they are asked over HTTP.
//
// A source only reads. It knows its own addresses, pages and words, and nothing of what its records
// become here.
package source

import (
	"context"
	"fmt"
	"time"
)

// A Source is another helpdesk.
type Source interface {
	// Check asks the helpdesk who we are. Wrong credentials are a *Refused.
	Check(ctx context.Context) error
	// Owner is who is asked in the name of, and may sign in here with the same secret afterwards.
	Owner(ctx context.Context) (Owner, error)
	// Stages are the kinds of records in the order in which they are to be read: what others refer to
	// comes first. The order is part of a stored position and never changes.
	Stages() []Stage
	// Read returns a page of a stage, from a position that an earlier page named; empty: the first.
	// Tickets come without articles.
	Read(ctx context.Context, stage Stage, cursor string) (Page, error)
	// Complete fills in the articles of a ticket, with files but without their bytes, and what else
	// is told of a ticket only when it is asked for alone.
	Complete(ctx context.Context, t *Ticket) error
	// Download returns the bytes of a file. One that is larger than MaxFile is an error.
	Download(ctx context.Context, f File) ([]byte, error)
}

// Stage is a kind of records, as a source hands them out.
type Stage string

// The stages that there are. Not every source has all of them.
const (
	Fields        Stage = "fields"
	States        Stage = "states"
	Priorities    Stage = "priorities"
	Groups        Stage = "groups"
	Organizations Stage = "organizations"
	Agents        Stage = "agents"
	Customers     Stage = "customers"
	Users         Stage = "users" // agents and customers
	Memberships   Stage = "memberships"
	Tickets       Stage = "tickets"
)

// MaxFile is how large a file may be, in bytes.
const MaxFile = 64 << 20

// Owner is whose credentials a source is read with.
type Owner struct {
	Email    string
	Password string // the secret itself
}

// Page is some records of one stage.
type Page struct {
	Fields        []Field
	States        []State
	Priorities    []Priority
	Groups        []Group
	Organizations []Organization
	Users         []User
	Memberships   []Membership
	Tickets       []Ticket
	Broken        []Broken // records of the page that can't be read
	Skipped       int      // records that are not to be taken over, such as deleted ones
	Total         int      // of the stage; 0: the source doesn't tell
	Next          string   // position of the next page; empty: this was the last
}

// Broken is a record that can't be read.
type Broken struct {
	ID     string
	Reason string
}

// Field is an attribute that administrators of the other helpdesk added.
type Field struct {
	ID      string // as keys of Custom have it, with its object in front: ticket:123
	Object  string // Ticket, User, Organization
	Name    string
	Label   string
	Kind    FieldKind
	Options []Option // of a choice
}

// FieldKind is what values a field takes.
type FieldKind int

// The kinds of values.
const (
	Text FieldKind = iota
	LongText
	Number
	Switch
	Day
	Choice
	Choices // several
)

// Option is one value of a choice.
type Option struct{ Value, Label string }

// State is a state of tickets that administrators may have named themselves.
type State struct {
	ID, Name string
	Type     string // as ours: new, open, pending reminder, pending action, closed, merged
	Note     string
	Inactive bool
}

// Priority is a priority of tickets that administrators may have named themselves.
type Priority struct {
	ID, Name string
	Inactive bool
}

// Group is a team. A name with :: in it is a path.
type Group struct {
	ID, Name, Note string
	Inactive       bool
	Changed        time.Time
}

// Organization is a company of customers.
type Organization struct {
	ID, Name, Note string
	Domain         string
	Shared         bool // members see each other's tickets
	Inactive       bool
	Custom         map[string]any // by Field.ID
	Created        time.Time
	Changed        time.Time
}

// Role is what somebody may do.
type Role int

// The roles. Administrators are agents, too.
const (
	Customer Role = iota
	Agent
	Admin
)

// User is a person.
type User struct {
	ID           string
	Login        string // empty: the mail address
	Firstname    string
	Lastname     string
	Email        string
	Phone        string
	Mobile       string
	Note         string
	Address      string
	Street       string
	Zip          string
	City         string
	Country      string
	Web          string
	Department   string
	Organization string // its ID
	Role         Role
	Groups       map[string]Access // by their IDs
	Inactive     bool
	Vip          bool
	Password     string         // a hash as credential reads it; empty: none
	Custom       map[string]any // by Field.ID
	Created      time.Time
	Changed      time.Time
}

// Access is what somebody may do in a group.
type Access []string

// Full is access to all that happens in a group.
func Full() Access { return Access{"full"} }

// Membership says that an agent works in a group.
type Membership struct {
	ID, User, Group string
}

// Ticket is one case.
type Ticket struct {
	ID           string
	Number       string // empty: one of ours
	Title        string
	Group        string // its ID
	State        string // a name of ours, or one that the source handed out as a State
	Priority     string // likewise
	Owner        string // ID of an agent
	Customer     string // ID of a user
	Organization string // its ID; empty: that of the customer
	Type         string
	Note         string
	Tags         []string
	Pending      time.Time
	Closed       time.Time // when it was last; zero: when it was changed last
	Custom       map[string]any
	Created      time.Time
	Changed      time.Time
	Articles     []Article
	People       []User // whom Complete found and who may be in no list, such as deleted ones
}

// Sender is who wrote an article.
type Sender int

// The senders.
const (
	ByCustomer Sender = iota
	ByAgent
	BySystem
)

// Article is one message or note.
type Article struct {
	ID        string
	Author    string // ID of a user
	Sender    Sender
	Type      string // of ours: email, note, phone, web …
	Internal  bool
	From      string
	To        string
	Cc        string
	Subject   string
	MessageID string
	InReplyTo string
	HTML      bool
	Body      string
	Files     []File
	Created   time.Time
	Changed   time.Time
}

// File is an attachment.
type File struct {
	ID        string
	Name      string
	Type      string // media type
	URL       string // where its bytes are
	Data      []byte // or the bytes themselves
	ContentID string // what the body calls it
	Inline    bool
	Size      int64 // as the source says
}

// Refused says that the credentials are wrong, or not good enough.
type Refused struct{ Status int }

func (e *Refused) Error() string {
	return fmt.Sprintf("the helpdesk refuses our credentials (status %d)", e.Status)
}

// Later says that the helpdesk wants to be left alone for a while.
type Later struct{ After time.Duration }

func (e *Later) Error() string {
	return fmt.Sprintf("the helpdesk wants to be asked again in %s", e.After)
}

// Trouble is an answer that isn't one: the helpdesk has trouble with what was asked, and may have it again.
type Trouble struct{ Status int }

func (e *Trouble) Error() string { return fmt.Sprintf("the helpdesk answers with status %d", e.Status) }

// Unreadable says that an answer is not what it should be.
type Unreadable struct{ Reason string }

func (e *Unreadable) Error() string { return "unreadable answer: " + e.Reason }

// TooLarge says that an answer is larger than we read. It is an Unreadable, too.
type TooLarge struct{ Most int64 } // bytes

func (e *TooLarge) Error() string { return e.Unwrap().Error() }

// Unwrap returns what else it is.
func (e *TooLarge) Unwrap() error {
	return &Unreadable{fmt.Sprintf("it is larger than %d MiB", e.Most>>20)}
}
