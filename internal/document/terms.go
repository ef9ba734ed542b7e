package document

import (
	"encoding/json"
	"time"

	"postroom/internal/desk"
)

// Terms are the small records that others hold, as documents.
type Terms struct {
	Groups     map[desk.GroupID]json.RawMessage
	States     map[desk.StateID]json.RawMessage
	Priorities map[desk.PriorityID]json.RawMessage
	types      map[desk.ArticleTypeID]json.RawMessage
	senders    map[desk.SenderID]json.RawMessage
	custom     []desk.Attribute // of tickets
}

// StateType is a kind of states: new, open, pending reminder …
type StateType struct {
	ID        desk.StateTypeID
	Name      string
	Note      string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewTerms makes the documents of everything that a catalog names. Kinds of articles and senders
// come with the program: they are as old as the installation.
func NewTerms(c *desk.Catalog, types []StateType, signatures map[desk.SignatureID]desk.Signature, since time.Time) *Terms {
	t := &Terms{
		Groups: map[desk.GroupID]json.RawMessage{}, States: map[desk.StateID]json.RawMessage{},
		Priorities: map[desk.PriorityID]json.RawMessage{}, types: map[desk.ArticleTypeID]json.RawMessage{},
		senders: map[desk.SenderID]json.RawMessage{}, custom: c.CustomAttributes("Ticket"),
	}
	for id, g := range c.Groups {
		t.Groups[id] = groupDocument(g, c, signatures)
	}
	kinds := map[desk.StateTypeID]StateType{}
	for _, kind := range types {
		kinds[kind.ID] = kind
	}
	for id, s := range c.States {
		t.States[id] = object(stateOf(s, c, kinds, true))
	}
	for id, p := range c.Priorities {
		t.Priorities[id] = object(priority{
			p.ID, p.Name, p.DefaultCreate, p.UIIcon, p.UIColor, p.Note, p.Active, stampOf(p.Stamp),
		})
	}
	shipped := stampOf(desk.Stamp{CreatedByID: desk.SystemUser, UpdatedByID: desk.SystemUser, CreatedAt: since, UpdatedAt: since})
	for id, kind := range c.ArticleTypes {
		t.types[id] = object(articleType{kind.ID, kind.Name, nil, kind.Active, kind.Communication, shipped})
	}
	for id, name := range c.Senders {
		t.senders[id] = object(sender{id, name, nil, shipped})
	}
	return t
}

type articleType struct {
	ID            desk.ArticleTypeID `json:"id"`
	Name          string             `json:"name"`
	Note          *string            `json:"note"`
	Active        bool               `json:"active"`
	Communication bool               `json:"communication"`
	stamp
}

type sender struct {
	ID   desk.SenderID `json:"id"`
	Name string        `json:"name"`
	Note *string       `json:"note"`
	stamp
}

type priority struct {
	ID            desk.PriorityID `json:"id"`
	Name          string          `json:"name"`
	DefaultCreate bool            `json:"default_create"`
	UIIcon        *string         `json:"ui_icon"`
	UIColor       *string         `json:"ui_color"`
	Note          *string         `json:"note"`
	Active        bool            `json:"active"`
	stamp
}

type state struct {
	ID               desk.StateID     `json:"id"`
	Name             string           `json:"name"`
	StateTypeID      desk.StateTypeID `json:"state_type_id"`
	StateType        stateType        `json:"state_type"`
	NextStateID      *desk.StateID    `json:"next_state_id"`
	NextState        *state           `json:"next_state,omitempty"`
	IgnoreEscalation bool             `json:"ignore_escalation"`
	DefaultCreate    bool             `json:"default_create"`
	DefaultFollowUp  bool             `json:"default_follow_up"`
	Note             *string          `json:"note"`
	Active           bool             `json:"active"`
	stamp
}

type stateType struct {
	ID   desk.StateTypeID `json:"id"`
	Name string           `json:"name"`
	Note *string          `json:"note"`
	stamp
}

func stateOf(s desk.State, c *desk.Catalog, kinds map[desk.StateTypeID]StateType, withNext bool) *state {
	kind := kinds[s.StateTypeID]
	d := &state{
		ID: s.ID, Name: s.Name, StateTypeID: s.StateTypeID, NextStateID: s.NextStateID,
		StateType: stateType{s.StateTypeID, c.StateTypes[s.StateTypeID], orNull(kind.Note), stampOf(desk.Stamp{
			CreatedByID: desk.SystemUser, UpdatedByID: desk.SystemUser, CreatedAt: kind.CreatedAt, UpdatedAt: kind.UpdatedAt,
		})},
		IgnoreEscalation: s.IgnoreEscalation, DefaultCreate: s.DefaultCreate, DefaultFollowUp: s.DefaultFollowUp,
		Note: s.Note, Active: s.Active, stamp: stampOf(s.Stamp),
	}
	if s.NextStateID != nil && withNext {
		if next, ok := c.States[*s.NextStateID]; ok {
			d.NextState = stateOf(next, c, kinds, false)
		}
	}
	return d
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

type group struct {
	ID                 desk.GroupID         `json:"id"`
	Name               string               `json:"name"`
	AssignmentTimeout  *int                 `json:"assignment_timeout"`
	FollowUpPossible   string               `json:"follow_up_possible"`
	FollowUpAssignment bool                 `json:"follow_up_assignment"`
	EmailAddressID     *desk.EmailAddressID `json:"email_address_id"`
	EmailAddress       *emailAddress        `json:"email_address"`
	SignatureID        *desk.SignatureID    `json:"signature_id"`
	Signature          *signature           `json:"signature"`
	Note               *string              `json:"note"`
	Active             bool                 `json:"active"`
	stamp
}

type emailAddress struct {
	ID          desk.EmailAddressID `json:"id"`
	ChannelID   *desk.ChannelID     `json:"channel_id"`
	Realname    string              `json:"realname"`
	Email       string              `json:"email"`
	Active      bool                `json:"active"`
	Note        *string             `json:"note"`
	Preferences map[string]any      `json:"preferences"`
	stamp
}

type signature struct {
	ID     desk.SignatureID `json:"id"`
	Name   string           `json:"name"`
	Body   string           `json:"body"`
	Active bool             `json:"active"`
	Note   *string          `json:"note"`
	stamp
}

func groupDocument(g desk.Group, c *desk.Catalog, signatures map[desk.SignatureID]desk.Signature) json.RawMessage {
	d := group{
		ID: g.ID, Name: g.Name, AssignmentTimeout: g.AssignmentTimeout, FollowUpPossible: g.FollowUpPossible,
		FollowUpAssignment: g.FollowUpAssignment, EmailAddressID: g.EmailAddressID, SignatureID: g.SignatureID,
		Note: orNull(g.Note), Active: g.Active, stamp: stampOf(g.Stamp),
	}
	if g.EmailAddressID != nil {
		if a, ok := c.Addresses[*g.EmailAddressID]; ok {
			d.EmailAddress = &emailAddress{
				a.ID, a.ChannelID, a.Name, a.Email, a.Active, orNull(a.Note), preferences(a.Preferences), stampOf(a.Stamp),
			}
		}
	}
	if g.SignatureID != nil {
		if s, ok := signatures[*g.SignatureID]; ok {
			d.Signature = &signature{s.ID, s.Name, s.Body, s.Active, orNull(s.Note), stampOf(s.Stamp)}
		}
	}
	return withCustom(d, g.Custom, c.CustomAttributes("Group"))
}
