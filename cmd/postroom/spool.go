package main

import (
	"postroom/internal/desk"
	"postroom/internal/intake"
	"postroom/internal/store/arrivals"
	"postroom/spool"
)

// keepIn returns what the job of incoming mail calls for mail that can't be processed.
func keepIn(s *spool.Spool) func(raw []byte, message arrivals.Message, reason error) error {
	return func(raw []byte, message arrivals.Message, reason error) error {
		before := message.Options.Failed
		entry := spool.Entry{Reason: reason.Error(), InboundID: message.ID, Attempts: before.Attempts, FirstAt: before.FirstAt}
		if message.ChannelID != nil {
			entry.ChannelID = *message.ChannelID
		}
		_, err := s.Put(spool.Unprocessable, raw, entry)
		return err
	}
}

// keepApart returns what is called for mail that is too large.
func keepApart(s *spool.Spool) intake.KeepApart {
	return func(raw []byte, channel desk.ChannelID, reason string) (fresh bool, err error) {
		id, err := s.Put(spool.Oversized, raw, spool.Entry{Reason: reason, ChannelID: channel})
		if err != nil {
			return false, err
		}
		entry, err := s.Show(id)
		return entry.Attempts == 1, err
	}
}
