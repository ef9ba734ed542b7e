package setup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/installation"
)

// Options of FirstStart.
type Options struct {
	Address    Address
	AutoWizard []byte // JSON; empty: none
	Waiting    bool   // an auto wizard's file waits to be asked for over the API
}

// Admin is the administrator a first start created. Only its caller ever sees password and token.
type Admin struct {
	ID       desk.UserID
	Login    string
	Password string
	Token    string
}

// factFirstStart remembers that the installation was started before.
const factFirstStart = "first_start"

// firstRoles are those of the first administrator.
var firstRoles = []string{"Admin", "Agent"}

// FirstStart makes a migrated database ready: seeds, then the auto wizard, or without one an
// administrator, which it returns. All of it happens or nothing; on a database that was started
// before it does nothing.
func FirstStart(ctx context.Context, s *store.Store, log *slog.Logger, opts Options) (*Admin, error) {
	var admin *Admin
	err := s.InTx(ctx, func(tx *store.Store) error {
		if err := tx.LockSetup(ctx); err != nil {
			return err
		}
		fresh, err := seed(ctx, tx, opts.Address)
		if err != nil {
			return err // may be that of an installation long in use, such as a wrong secret key
		}
		if _, err := tx.Fact(ctx, factFirstStart); !errors.Is(err, desk.ErrNotFound) {
			return err
		}
		if fresh {
			log.InfoContext(ctx, "database filled with what every installation has")
		}
		if admin, err = firstPeople(ctx, tx, log, opts); err != nil {
			return fmt.Errorf("first start: %w", err)
		}
		return tx.PutFact(ctx, factFirstStart, "1")
	})
	if err != nil {
		return nil, err
	}
	s.ForgetCatalog()
	return admin, nil
}

// firstPeople makes sure that somebody can sign in.
func firstPeople(ctx context.Context, tx *store.Store, log *slog.Logger, opts Options) (*Admin, error) {
	if len(opts.AutoWizard) > 0 {
		first, err := runAutoWizard(ctx, tx, log, opts.AutoWizard)
		if err != nil {
			return nil, err
		}
		log.InfoContext(ctx, "auto wizard applied", "user_id", first)
		if first != 0 {
			return nil, nil
		}
	} else if opts.Waiting {
		log.InfoContext(ctx, "an auto wizard waits for GET /api/v1/getting_started/auto_wizard")
		return nil, nil
	}
	if done, err := tx.IsSetUp(ctx); err != nil || done {
		return nil, err
	}
	return createAdmin(ctx, tx, opts.Address)
}

// createAdmin makes somebody who may do everything, with a password and a token nobody knows yet.
func createAdmin(ctx context.Context, tx *store.Store, address Address) (*Admin, error) {
	admin := &Admin{Login: adminLogin(address), Password: NewPassword()}
	w := &wizard{tx: tx, by: desk.SystemUser}
	err := w.user(ctx, "administrator", map[string]any{
		"login": admin.Login, "email": admin.Login, "firstname": "Admin", "lastname": "Postroom", "password": admin.Password,
	})
	if err != nil {
		return nil, err
	}
	for _, step := range w.later {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	admin.ID = w.first
	roles, err := roleIDs(ctx, tx, firstRoles)
	if err != nil {
		return nil, err
	}
	permissions, err := tx.PermissionsOfRoles(ctx, roles)
	if err != nil {
		return nil, err
	}
	admin.Token, err = createToken(ctx, tx, admin.ID, "first start", permissions)
	if err != nil {
		return nil, err
	}
	if _, err := LoadTextModules(ctx, tx, otherwiseLocale); err != nil {
		return nil, err
	}
	return admin, tx.PutSettingValue(ctx, "system_init_done", true)
}

// createToken gives a user an API token. It is kept as a hash and can't be shown again.
func createToken(ctx context.Context, tx *store.Store, id desk.UserID, name string, permissions []string) (string, error) {
	token := credential.NewToken()
	err := tx.InsertRecords(ctx, "tokens", []installation.Record{{
		"user_id": id, "name": name, "action": "api", "persistent": true,
		"token_hash":  `\x` + hex.EncodeToString(credential.HashToken(token)),
		"preferences": map[string]any{"permission": permissions},
	}})
	return token, err
}

// adminLogin is a mail address, because that is how people sign in.
func adminLogin(address Address) string {
	host, _, _ := strings.Cut(address.FQDN, ":")
	if host == "" {
		host = "localhost"
	}
	return "admin@" + strings.ToLower(host)
}
