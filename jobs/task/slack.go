package task

import "postroom/internal/desk"

// SlackToTell: something happened to a ticket, and channels of Slack are to hear of it.
type SlackToTell struct {
	desk.TicketEvent
}

func (SlackToTell) Kind() string  { return "slack.tell" }
func (SlackToTell) Queue() string { return Deliver }
