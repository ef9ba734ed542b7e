package inbox

import "time"

// Hasty shortens what a mailbox waits for.
func Hasty(in Inbound, login, idle time.Duration) Inbound {
	in.limits = usualLimits
	in.limits.login, in.limits.idle, in.limits.fetch, in.limits.store = login, idle, login, login
	in.limits.search, in.limits.details, in.limits.expunge = login, login, login
	return in
}

// Few makes a poll take so many messages at most.
func Few(in Inbound, messages int) Inbound {
	in.limits = usualLimits
	in.limits.messages = messages
	return in
}
