package desk

import "time"

// AvatarID is the id of an avatar.
type AvatarID int64

// Avatar is a picture of a user, or the wish to have none.
type Avatar struct {
	ID        AvatarID
	UserID    UserID
	Default   bool
	Initial   bool // no picture: the initials
	StoreHash *string
	Picture   []byte // PNG
	CreatedAt time.Time
	UpdatedAt time.Time
}
