// Package messaging takes in what messengers send, and answers what administrators ask about their
// channels.
//
// A messenger gets its answer when its message is committed, and the message is worked on afterwards.
// Which channel a request belongs to is looked up in what this process holds in memory.
package messaging

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/channels"
	"postroom/channels/sms"
	"postroom/channels/telegram"
	"postroom/channels/whatsapp"
	"postroom/internal/desk"
)

// Needs is what the room works with, beside the house.
type Needs struct {
	Receive  channels.Receive // commits what messengers sent
	Telegram *telegram.Client
	SMS      *sms.Client
	WhatsApp *whatsapp.Client
}

// Room answers messengers, and requests about their channels.
type Room struct {
	*rest.House
	Needs
}

// New returns a Room of a house.
func New(house *rest.House, needs Needs) *Room { return &Room{house, needs} }

// Routes are the addresses of the room, a messenger at a time.
func (s *Room) Routes(t *rest.Table) {
	s.telegramRoutes(t)
	s.smsRoutes(t)
	s.whatsAppRoutes(t)
	s.closedRoutes(t)
}

// maxMessage is how large a message of a messenger may be, in bytes. Files come otherwise. More is
// answered 413.
const maxMessage = 1 << 20

// take commits what a messenger sent. Only after that may it be told that we have it.
func (s *Room) take(ctx context.Context, messages ...channels.Inbound) error {
	now := time.Now().UTC()
	for i := range messages {
		messages[i].ReceivedAt = now
	}
	return s.Receive(ctx, messages)
}

// find returns the channel of an area that fits, from memory.
func find(c *desk.Catalog, fits func(desk.Channel) bool, areas ...string) (desk.Channel, bool) {
	for _, area := range areas {
		for _, channel := range c.Channels {
			if channel.Area == area && fits(channel) {
				return channel, true
			}
		}
	}
	return desk.Channel{}, false
}

// option reads a text of a channel's options.
func option(c desk.Channel, name string) string {
	text, _ := rest.TextOf(c.Options[name])
	return text
}

// list shows the channels of areas, and their ids.
func (s *Room) list(ctx context.Context, areas ...string) (assets rest.Record, all []desk.Channel, ids []desk.ChannelID, err error) {
	all, err = s.Store.ChannelsIn(ctx, areas...)
	shown, ids := rest.Record{}, []desk.ChannelID{}
	for _, channel := range all {
		shown.Add(rest.IDText(channel.ID), rest.ChannelRecord(channel))
		ids = append(ids, channel.ID)
	}
	return rest.Record{{"Channel", shown}}, all, ids, err
}

// sentID returns the channel that the address names, or else the body, as id.
func (s *Room) sentID(r *http.Request, areas ...string) (desk.Channel, error) {
	if r.PathValue("id") != "" {
		id, err := rest.PathID[desk.ChannelID](r, "id", "Channel")
		if err != nil {
			return desk.Channel{}, err
		}
		return s.channel(r.Context(), id, areas...)
	}
	p, err := rest.ReadParams(r)
	if err != nil {
		return desk.Channel{}, err
	}
	id, err := rest.IDIn[desk.ChannelID](p, "id")
	if err != nil {
		return desk.Channel{}, err
	}
	return s.channel(r.Context(), id, areas...)
}

// channel returns a channel of one of these areas.
func (s *Room) channel(ctx context.Context, id desk.ChannelID, areas ...string) (desk.Channel, error) {
	channel, err := s.Store.Channel(ctx, id)
	if err != nil {
		return desk.Channel{}, err
	}
	for _, area := range areas {
		if channel.Area == area {
			return channel, nil
		}
	}
	return desk.Channel{}, &desk.MissingError{Class: "Channel", ID: int64(id)}
}

// groupSent reads which group gets the new tickets of a channel.
func groupSent(p rest.Params, c *desk.Catalog) (*desk.GroupID, error) {
	if p.Blank("group_id") && p.Blank("group") {
		return nil, rest.Invalid("group_id", "The required parameter 'group_id' is missing.")
	}
	group, sent, err := rest.Named(p, "group", c.Groups, rest.GroupName)
	if _, known := c.Groups[group]; err != nil || !sent || !known {
		return nil, rest.Invalid("group_id", "The required parameter 'group_id' is invalid.")
	}
	return &group, nil
}

// A change is what a request does with a channel. It leaves the channel as it is stored then.
type change func(r *http.Request, channel *desk.Channel) error

// listed shows the channels of an area.
func (s *Room) listed(area string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		assets, _, ids, err := s.list(r.Context(), area)
		if err != nil {
			return err
		}
		return rest.Reply(w, r, rest.Record{{"assets", assets}, {"channel_ids", ids}})
	}
}

// added makes a channel of an area, and answers with it. An empty area is for the change to say.
func (s *Room) added(area string, do change) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		channel := desk.Channel{Area: area, Active: true}
		if err := do(r, &channel); err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, rest.ChannelRecord(channel))
	}
}

// changed does something with the channel that a request names, and answers with it.
func (s *Room) changed(do change, areas ...string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		channel, err := s.sentID(r, areas...)
		if err != nil {
			return err
		}
		if err := do(r, &channel); err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, rest.ChannelRecord(channel))
	}
}

// done is changed for what is answered in words.
func (s *Room) done(answer rest.Record, do change, areas ...string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		channel, err := s.sentID(r, areas...)
		if err != nil {
			return err
		}
		if err := do(r, &channel); err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, answer)
	}
}

// switched switches a channel on or off.
func (s *Room) switched(on bool) change {
	return func(r *http.Request, channel *desk.Channel) error {
		channel.Active = on
		return s.save(r, channel)
	}
}

// save stores a new or changed channel and reads it back.
func (s *Room) save(r *http.Request, channel *desk.Channel) (err error) {
	channel.UpdatedByID = rest.Caller(r).User.ID
	if channel.ID == 0 {
		err = s.Store.AddChannel(r.Context(), channel)
	} else {
		err = s.Store.SaveChannel(r.Context(), *channel)
	}
	if err != nil {
		return err
	}
	s.Changed()
	*channel, err = s.Store.Channel(r.Context(), channel.ID)
	return err
}

// removed deletes a channel.
func (s *Room) removed(r *http.Request, channel *desk.Channel) error {
	if err := s.Store.DeleteChannel(r.Context(), channel.ID); err != nil {
		return fmt.Errorf("delete channel %d: %w", channel.ID, err)
	}
	s.Changed()
	return nil
}
