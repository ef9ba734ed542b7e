package main

import (
	"postroom/api/messaging"
	"postroom/internal/intake"
	"postroom/internal/messenger"
	sendmessages "postroom/jobs/messenger"
)

// messengers ties what messengers send to those who can read it, by the names of their kinds.
func (h *house) messengers() *messenger.Messenger {
	return messenger.New(h.store, h.blobs, map[string]messenger.Kind{}, h.log)
}

// ways ties articles to the messengers that send them.
func (h *house) ways() sendmessages.Ways {
	return sendmessages.Ways{}
}

// messaging is what the API works with when it takes messages in and sets channels up.
func (h *house) messaging() messaging.Needs {
	return messaging.Needs{
		Receive: intake.New(h.store, h.blobs, h.log).Receive,
	}
}
