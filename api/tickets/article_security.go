package tickets

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/secmail"
	"postroom/internal/store"
)

// protect has an answer signed and encrypted as those of its group are, as far as the keys for it
// are there, unless its author said what to do.
func protect(ctx context.Context, tx *store.Store, a *desk.Article, t desk.Ticket, c *desk.Catalog) error {
	if _, chosen := a.Preferences[desk.PreferenceSecurity]; chosen {
		return nil
	}
	group := c.Groups[t.GroupID]
	if group.EmailAddressID == nil {
		return nil
	}
	var recipients []string
	for _, list := range []*string{a.To, a.Cc} {
		if list != nil {
			recipients = append(recipients, desk.MailAddresses(*list)...)
		}
	}
	from := c.Addresses[*group.EmailAddressID].Email
	security, any, err := secmail.New(tx, c.Settings, time.Now()).Default(ctx, t.GroupID, from, recipients)
	if err != nil || !any {
		return err
	}
	a.Preferences = withKey(a.Preferences, desk.PreferenceSecurity, security)
	return nil
}
