package identity

import (
	"time"

	"postroom/internal/desk"
)

// Ids of what signing in leaves behind.
type (
	SessionID     int64
	DeviceID      int64
	ApplicationID int64
	GrantID       int64
)

// Session is somebody signed in with a browser.
type Session struct {
	ID             SessionID
	UserID         desk.UserID
	SwitchedFromID *desk.UserID // the administrator who acts as the user; nil: it is the user
	Authentication string       // how the user proved to be one: password, SSO
	RememberMe     bool         // the browser keeps its cookie when it is closed
	Fingerprint    string       // of the browser
	DeviceID       *DeviceID
	RemoteIP       string
	UserAgent      string
	CreatedAt      time.Time
	UpdatedAt      time.Time // the last request, to the minute
}

// sessionMost is how long a session lasts without a request, whatever the settings say.
const sessionMost = 60 * 24 * time.Hour

// SessionIdle is how long a session of somebody lasts without a request, as setting
// session_timeout says: the longest time of the permissions held, or else the default.
func SessionIdle(s desk.Settings, who *desk.Caller) time.Duration {
	var timeouts desk.Settings
	s.Into("session_timeout", &timeouts)
	longest := 0
	for permission := range timeouts {
		if permission != "default" && who.UserCan(permission, permission+".*") {
			longest = max(longest, timeouts.Int(permission))
		}
	}
	if longest < 1 {
		longest = timeouts.Int("default")
	}
	if longest < 1 || longest > int(sessionMost/time.Second) {
		return sessionMost
	}
	return time.Duration(longest) * time.Second
}
