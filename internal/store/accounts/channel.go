package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
	"postroom/internal/store/seal"
)

// AllChannels reads channels, their secrets sealed.
const AllChannels = `
	SELECT id, group_id, area, options, active, preferences, last_log_in, last_log_out, status_in, status_out, last_fetch,
		updated_by_id, created_by_id, created_at, updated_at
	FROM channels`

// Channel returns one channel with its secrets in clear, or a *desk.MissingError.
func (s Keeper) Channel(ctx context.Context, id desk.ChannelID) (desk.Channel, error) {
	channel, err := pg.One[desk.Channel](ctx, s.DB, AllChannels+` WHERE id = $1`, "Channel", int64(id))
	if err != nil {
		return desk.Channel{}, err
	}
	channel.Options, err = seal.Each(channel.Options, pg.Sealer(s.DB).Open)
	if err != nil {
		return desk.Channel{}, fmt.Errorf("channel %d: %w", id, err)
	}
	return channel, nil
}

// ChannelsIn returns the channels of areas, their secrets in clear.
func (s Keeper) ChannelsIn(ctx context.Context, areas ...string) ([]desk.Channel, error) {
	channels, err := pg.Many[desk.Channel](ctx, s.DB, "channels", AllChannels+` WHERE area = ANY($1) ORDER BY id`, areas)
	if err != nil {
		return nil, err
	}
	for i := range channels {
		if channels[i].Options, err = seal.Each(channels[i].Options, pg.Sealer(s.DB).Open); err != nil {
			return nil, fmt.Errorf("channel %d: %w", channels[i].ID, err)
		}
	}
	return channels, nil
}

// AddChannel stores a new channel and fills its id. Its secrets are sealed.
func (s Keeper) AddChannel(ctx context.Context, c *desk.Channel) error {
	options, err := seal.Each(c.Options, pg.Sealer(s.DB).Seal)
	if err != nil {
		return fmt.Errorf("add channel: %w", err)
	}
	err = pg.Conn(s.DB).QueryRow(ctx, `
		INSERT INTO channels (group_id, area, options, active, preferences, updated_by_id, created_by_id)
		VALUES ($1, $2, $3, $4, $5, $6, $6)
		RETURNING id`, c.GroupID, c.Area, options, c.Active, pg.Object(c.Preferences), c.UpdatedByID).Scan(&c.ID)
	if err != nil {
		return fmt.Errorf("add channel: %w", pg.Translate(err))
	}
	return nil
}

// SaveChannel stores a changed channel. What it fetched and how it fared is not touched, except
// that new options begin without a past.
func (s Keeper) SaveChannel(ctx context.Context, c desk.Channel) error {
	options, err := seal.Each(c.Options, pg.Sealer(s.DB).Seal)
	if err != nil {
		return fmt.Errorf("save channel %d: %w", c.ID, err)
	}
	return pg.Exec(ctx, s.DB, "save channel", `
		UPDATE channels
		SET group_id = $1, options = $2, active = $3, preferences = $4, status_in = $5, status_out = $6, last_log_in = $7, last_log_out = $8,
			updated_by_id = $9, updated_at = now()
		WHERE id = $10`,
		c.GroupID, options, c.Active, pg.Object(c.Preferences), c.StatusIn, c.StatusOut, c.LastLogIn, c.LastLogOut, c.UpdatedByID, c.ID)
}

// DeleteChannel deletes a channel. Its addresses stay, without a channel and therefore inactive.
func (s Keeper) DeleteChannel(ctx context.Context, id desk.ChannelID) error {
	return s.inTx(ctx, func(tx Keeper) error {
		if err := pg.Exec(ctx, tx.DB, "addresses of channel", `
			UPDATE email_addresses SET active = false, channel_id = NULL, updated_at = now() WHERE channel_id = $1`, id); err != nil {
			return err
		}
		return pg.DeleteRow(ctx, tx.DB, "channels", "Channel", int64(id))
	})
}

// AddEmailAccount makes a mail account a channel with an address, or changes the one it is
// already, and lets a group send from it. All of it happens or nothing.
func (s Keeper) AddEmailAccount(ctx context.Context, account desk.EmailAccount) (id desk.ChannelID, err error) {
	err = s.inTx(ctx, func(tx Keeper) error {
		id, err = tx.addEmailAccount(ctx, account)
		return err
	})
	if err == nil {
		s.ForgetCatalog()
	}
	return id, err
}

func (s Keeper) addEmailAccount(ctx context.Context, account desk.EmailAccount) (desk.ChannelID, error) {
	email := strings.ToLower(strings.TrimSpace(account.Email))
	if !desk.ValidAddress(email) {
		return 0, &desk.InvalidError{Field: "email", Reason: "Invalid email '" + email + "'"}
	}
	if known, err := pg.Existing(ctx, s.DB, "groups", []desk.GroupID{account.GroupID}); err != nil || !known[account.GroupID] {
		if err == nil {
			err = &desk.InvalidError{Field: "group_id", Reason: fmt.Sprintf("Invalid value for param 'group_id': %d", account.GroupID)}
		}
		return 0, err
	}
	ok := "ok"
	channel := desk.Channel{
		ID: account.ChannelID, GroupID: &account.GroupID, Area: desk.AreaEmailAccount, Active: true,
		Options:  map[string]any{"inbound": account.Inbound, "outbound": account.Outbound},
		StatusIn: &ok, StatusOut: &ok,
	}
	channel.UpdatedByID = account.By
	if channel.ID == 0 {
		if err := s.AddChannel(ctx, &channel); err != nil {
			return 0, err
		}
	} else {
		former, err := s.Channel(ctx, channel.ID)
		if err != nil {
			return 0, err
		}
		channel.Preferences = former.Preferences
	}
	if err := s.SaveChannel(ctx, channel); err != nil {
		return 0, err
	}
	address, err := s.accountAddress(ctx, account, email, channel.ID)
	if err != nil || !account.ForGroup {
		return channel.ID, err
	}
	if account.AddressID != 0 {
		address = account.AddressID
	}
	return channel.ID, s.SetGroupAddress(ctx, account.GroupID, address, account.By)
}

// SetGroupAddress makes a group send from an address.
func (s Keeper) SetGroupAddress(ctx context.Context, group desk.GroupID, address desk.EmailAddressID, by desk.UserID) error {
	known, err := pg.Existing(ctx, s.DB, "email_addresses", []desk.EmailAddressID{address})
	if err == nil && !known[address] {
		err = &desk.MissingError{Class: "EmailAddress", ID: int64(address)}
	}
	if err != nil {
		return err
	}
	return pg.Exec(ctx, s.DB, "address of group", `
		UPDATE groups
		SET email_address_id = $2, updated_by_id = $3, updated_at = now()
		WHERE id = $1 AND email_address_id IS DISTINCT FROM $2`, group, address, by)
}

// accountAddress makes the account's address one of ours, or gives the one that is to the channel.
func (s Keeper) accountAddress(ctx context.Context, account desk.EmailAccount, email string, channel desk.ChannelID) (desk.EmailAddressID, error) {
	address := desk.EmailAddress{ChannelID: &channel, Name: account.Realname, Email: email}
	if strings.TrimSpace(address.Name) == "" {
		address.Name = email
	}
	err := pg.Conn(s.DB).QueryRow(ctx, `SELECT id FROM email_addresses WHERE email = $1`, email).Scan(&address.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		err := EmailAddresses.Insert(ctx, s.DB, &address, account.By)
		return address.ID, err
	}
	if err != nil {
		return 0, fmt.Errorf("address of account: %w", pg.Translate(err))
	}
	former, err := EmailAddresses.Get(ctx, s.DB, address.ID)
	if err != nil {
		return 0, err
	}
	address.Note, address.Preferences = former.Note, former.Preferences
	return address.ID, EmailAddresses.Save(ctx, s.DB, &address, account.By)
}
