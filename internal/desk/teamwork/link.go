package teamwork

import (
	"encoding/json"
	"strconv"
	"time"

	"postroom/internal/desk"
)

// Ids of links between records.
type (
	LinkID       int64
	LinkTypeID   int64
	LinkObjectID int64
)

// What one ticket can be to another. Clients may use other words, which then mean the same from
// both ends.
const (
	LinkNormal = "normal"
	LinkParent = "parent"
	LinkChild  = "child"
)

// InverseLink returns what a link is called at its other end.
func InverseLink(linkType string) string {
	switch linkType {
	case LinkParent:
		return LinkChild
	case LinkChild:
		return LinkParent
	}
	return linkType
}

// Link ties a source to a target: the source is the target's parent, child or just its company.
type Link struct {
	ID          LinkID
	TypeID      LinkTypeID   `db:"link_type_id"`
	SourceKind  LinkObjectID `db:"link_object_source_id"`
	SourceValue int64        `db:"link_object_source_value"`
	TargetKind  LinkObjectID `db:"link_object_target_id"`
	TargetValue int64        `db:"link_object_target_value"`
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// TicketLink is a link as one of its tickets sees it.
type TicketLink struct {
	Type     string // what the other ticket is to this one
	TicketID desk.TicketID
}

// maxLinkType is how long the name of a type of links is at most, in characters.
const maxLinkType = 250

// LinkType returns the name of a type of links as it is stored, or an *desk.InvalidError.
func LinkType(name string) (string, error) {
	if name = desk.Cut(name, maxLinkType); name == "" {
		return "", &desk.InvalidError{Field: "link_type", Reason: "Link type can't be blank"}
	}
	return name, nil
}

// maxLinks bounds how many links a new ticket comes with; nobody means more.
const maxLinks = 100

// LinksIn reads the links that a new ticket is to have, decoded from JSON:
// {"Ticket": {"parent": [ids], "child": [ids]}}. Each type is what the new ticket is to the others.
func LinksIn(sent any) ([]TicketLink, error) {
	if text, isText := sent.(string); sent == nil || isText && text == "" {
		return nil, nil
	}
	objects, ok := sent.(map[string]any)
	if !ok {
		return nil, &desk.InvalidError{Field: "links", Reason: "Invalid link structure"}
	}
	var links []TicketLink
	for object, value := range objects {
		types, ok := value.(map[string]any)
		if !ok || object != desk.ObjectTicket {
			return nil, &desk.InvalidError{Field: "links", Reason: "Invalid link structure (Object)"}
		}
		for name, value := range types {
			ids, ok := value.([]any)
			linkType, err := LinkType(name)
			if !ok || err != nil || len(links)+len(ids) > maxLinks {
				return nil, &desk.InvalidError{Field: "links", Reason: "Invalid link structure (Object → LinkType)"}
			}
			for _, id := range ids {
				ticket, err := linkedID(id)
				if err != nil {
					return nil, err
				}
				links = append(links, TicketLink{Type: linkType, TicketID: ticket})
			}
		}
	}
	return links, nil
}

func linkedID(sent any) (desk.TicketID, error) {
	text := ""
	switch v := sent.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, &desk.InvalidError{Field: "links", Reason: "Invalid link structure (Object → LinkType)"}
	}
	return desk.TicketID(id), nil
}
