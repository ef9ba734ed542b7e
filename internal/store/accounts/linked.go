package accounts

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// backupKey is where a channel keeps what it was before it was connected through a provider.
const backupKey = "backup_imap_classic"

// ConnectAccount makes an account at a provider a channel: the one that was named, the one that
// fetched the same mailbox with a password until now, or a new one, which stays inactive until
// somebody says what is to be fetched. All of it happens or nothing.
func (s Keeper) ConnectAccount(ctx context.Context, account desk.LinkedAccount) (id desk.ChannelID, err error) {
	err = s.inTx(ctx, func(tx Keeper) error {
		id, err = tx.connectAccount(ctx, account)
		if err != nil {
			return err
		}
		return tx.SaveChannelGrant(ctx, id, account.Grant)
	})
	if err == nil {
		s.ForgetCatalog()
	}
	return id, err
}

func (s Keeper) connectAccount(ctx context.Context, account desk.LinkedAccount) (desk.ChannelID, error) {
	if account.ChannelID != 0 {
		return account.ChannelID, s.reconnectAccount(ctx, account)
	}
	former, err := s.passwordAccount(ctx, account)
	if err != nil || former != nil {
		return s.migrateAccount(ctx, account, former, err)
	}
	return s.newLinkedAccount(ctx, account)
}

// reconnectAccount gives a channel another consent of its owner. What is fetched of it stays.
func (s Keeper) reconnectAccount(ctx context.Context, account desk.LinkedAccount) error {
	channel, err := s.Channel(ctx, account.ChannelID)
	if err != nil {
		return err
	}
	if channel.Area != account.Area {
		return &desk.MissingError{Class: "Channel", ID: int64(account.ChannelID)}
	}
	options := linkedOptions(account, channel.Options)
	if backup, ok := channel.Options[backupKey]; ok {
		options[backupKey] = backup
	}
	channel.Options, channel.UpdatedByID = options, account.By
	channel.StatusIn, channel.StatusOut, channel.LastLogIn, channel.LastLogOut = nil, nil, nil, nil
	return s.SaveChannel(ctx, channel)
}

// linkedOptions are what a channel's options become, what is fetched as in former.
func linkedOptions(account desk.LinkedAccount, former map[string]any) map[string]any {
	inbound := maps.Clone(account.Inbound)
	options, _ := inbound["options"].(map[string]any)
	options = maps.Clone(options)
	side, _ := former["inbound"].(map[string]any)
	before, _ := side["options"].(map[string]any)
	for _, kept := range []string{"folder", "folder_id", "keep_on_server", "archive", "archive_before", "archive_state_id"} {
		if value, ok := before[kept]; ok {
			options[kept] = value
		}
	}
	inbound["options"] = options
	if trusted, ok := side["trusted"]; ok {
		inbound["trusted"] = trusted
	}
	return map[string]any{"inbound": inbound, "outbound": account.Outbound, "auth": account.Auth}
}

// passwordAccount finds the channel that fetches the same mailbox with a password; nil: none does.
func (s Keeper) passwordAccount(ctx context.Context, account desk.LinkedAccount) (*desk.Channel, error) {
	host, user := sideText(account.Inbound, "host"), sideText(account.Inbound, "user")
	if host == "" {
		return nil, nil
	}
	var id desk.ChannelID
	err := pg.Conn(s.DB).QueryRow(ctx, `
		SELECT id
		FROM channels
		WHERE area = $1 AND lower(options #>> '{inbound,options,user}') = lower($2) AND lower(options #>> '{inbound,options,host}') = lower($3)
		ORDER BY id
		LIMIT 1`, desk.AreaEmailAccount, user, host).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("account with a password: %w", pg.Translate(err))
	}
	channel, err := s.Channel(ctx, id)
	return &channel, err
}

func sideText(side map[string]any, name string) string {
	options, _ := side["options"].(map[string]any)
	text, _ := options[name].(string)
	return text
}

// migrateAccount makes a channel with a password one without, and keeps what it was.
func (s Keeper) migrateAccount(ctx context.Context, account desk.LinkedAccount, former *desk.Channel, err error) (desk.ChannelID, error) {
	if err != nil {
		return 0, err
	}
	options := linkedOptions(account, former.Options)
	options[backupKey] = map[string]any{
		"attributes": map[string]any{
			"area": former.Area, "options": former.Options, "last_log_in": former.LastLogIn, "last_log_out": former.LastLogOut,
			"status_in": former.StatusIn, "status_out": former.StatusOut,
		},
		"migrated_at": time.Now().UTC().Format(time.RFC3339),
	}
	channel := *former
	channel.Options, channel.UpdatedByID = options, account.By
	channel.StatusIn, channel.StatusOut, channel.LastLogIn, channel.LastLogOut = nil, nil, nil, nil
	if err := s.SaveChannel(ctx, channel); err != nil {
		return 0, err
	}
	return channel.ID, s.setArea(ctx, channel.ID, account.Area)
}

func (s Keeper) setArea(ctx context.Context, id desk.ChannelID, area string) error {
	return pg.Exec(ctx, s.DB, "area of channel", `UPDATE channels SET area = $2 WHERE id = $1`, id, area)
}

// newLinkedAccount makes a channel and its address.
func (s Keeper) newLinkedAccount(ctx context.Context, account desk.LinkedAccount) (desk.ChannelID, error) {
	email := strings.ToLower(strings.TrimSpace(account.Email))
	taken, err := pg.Value[bool](ctx, s.DB, "is address taken", `SELECT EXISTS (SELECT FROM email_addresses WHERE email = $1)`, email)
	if err == nil && taken {
		err = &desk.InvalidError{Field: "email", Reason: "Duplicate email address or email alias " + email + " found!"}
	}
	if err != nil {
		return 0, err
	}
	group, err := pg.Value[desk.GroupID](ctx, s.DB, "first group", `SELECT id FROM groups ORDER BY active DESC, id LIMIT 1`)
	if err != nil {
		return 0, err
	}
	channel := desk.Channel{Area: account.Area, GroupID: &group, Options: linkedOptions(account, nil)}
	channel.UpdatedByID = account.By
	if err := s.AddChannel(ctx, &channel); err != nil {
		return 0, err
	}
	address := desk.EmailAddress{ChannelID: &channel.ID, Name: account.Realname, Email: email, Active: true}
	return channel.ID, EmailAddresses.Insert(ctx, s.DB, &address, account.By)
}

// RollbackAccount makes a channel again what it was before it was connected through a provider.
func (s Keeper) RollbackAccount(ctx context.Context, id desk.ChannelID, by desk.UserID) error {
	defer s.ForgetCatalog()
	return s.inTx(ctx, func(tx Keeper) error {
		channel, err := tx.Channel(ctx, id)
		if err != nil {
			return err
		}
		backup, _ := channel.Options[backupKey].(map[string]any)
		before, _ := backup["attributes"].(map[string]any)
		area, _ := before["area"].(string)
		options, _ := before["options"].(map[string]any)
		if area == "" || options == nil {
			return &desk.InvalidError{Field: "id", Reason: "Failed to find backup on channel!"}
		}
		text := func(name string) *string {
			if value, ok := before[name].(string); ok {
				return &value
			}
			return nil
		}
		channel.Options, channel.UpdatedByID = options, by
		channel.StatusIn, channel.StatusOut = text("status_in"), text("status_out")
		channel.LastLogIn, channel.LastLogOut = text("last_log_in"), text("last_log_out")
		if err := tx.SaveChannel(ctx, channel); err != nil {
			return err
		}
		if err := pg.Exec(ctx, tx.DB, "grant of channel", `DELETE FROM channel_grants WHERE channel_id = $1`, id); err != nil {
			return err
		}
		return tx.setArea(ctx, id, area)
	})
}

// DeleteLinkedAccount deletes a channel that was connected through a provider, and its address.
func (s Keeper) DeleteLinkedAccount(ctx context.Context, id desk.ChannelID) error {
	return s.inTx(ctx, func(tx Keeper) error {
		address, err := pg.Value[desk.EmailAddressID](ctx, tx.DB, "address of channel", `
			SELECT coalesce((SELECT id FROM email_addresses WHERE channel_id = $1 ORDER BY id LIMIT 1), 0)`, id)
		if err != nil {
			return err
		}
		if address != 0 {
			if err := EmailAddresses.Delete(ctx, tx.DB, address); err != nil {
				return err
			}
		}
		return tx.DeleteChannel(ctx, id)
	})
}
