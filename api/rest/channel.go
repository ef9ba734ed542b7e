package rest

import (
	"maps"

	"postroom/internal/desk"
	"postroom/internal/store/seal"
)

// ChannelRecord shows a channel, its secrets masked.
func ChannelRecord(c desk.Channel) Record {
	preferences := maps.Clone(c.Preferences)
	if preferences == nil {
		preferences = map[string]any{}
	}
	if c.LastFetch != nil {
		preferences["last_fetch"] = c.LastFetch
	}
	return Record{
		{"id", c.ID}, {"group_id", c.GroupID}, {"area", c.Area}, {"options", seal.Mask(c.Options, SecretMask)},
		{"preferences", preferences}, {"active", c.Active}, {"last_log_in", c.LastLogIn}, {"last_log_out", c.LastLogOut},
		{"status_in", c.StatusIn}, {"status_out", c.StatusOut},
	}.Stamped(c.Stamp)
}
