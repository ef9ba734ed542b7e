package setup

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// What keeps an auto wizard's file from being applied.
var (
	ErrSetUpAlready = errors.New("the system is set up already")
	ErrNoAutoWizard = errors.New("there is no auto wizard")
	ErrWrongToken   = errors.New("the auto wizard asks for another token")
)

// AutoWizard is a file that sets the system up when somebody asks for it over the API.
type AutoWizard struct {
	Store *store.Store
	File  string
	Log   *slog.Logger
}

// Pending reports whether there is a file that waits to be asked for.
func (a AutoWizard) Pending() bool {
	info, err := os.Stat(a.File)
	return err == nil && info.Mode().IsRegular()
}

// Apply sets the system up as the file says, removes the file and returns the first of its users,
// 0 when it has none. token is what the request came with.
func (a AutoWizard) Apply(ctx context.Context, token string) (first desk.UserID, err error) {
	err = a.Store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.LockSetup(ctx); err != nil {
			return err
		}
		if done, err := tx.IsSetUp(ctx); err != nil || done {
			return errors.Join(err, onlyIf(done, ErrSetUpAlready))
		}
		data, err := a.read(token)
		if err != nil {
			return err
		}
		first, err = runAutoWizard(ctx, tx, a.Log, data)
		return err
	})
	if err != nil {
		return 0, err
	}
	a.Store.ForgetCatalog()
	if err := os.Remove(a.File); err != nil {
		a.Log.WarnContext(ctx, "auto wizard applied, its file could not be removed", "file", a.File, "error", err)
	}
	a.Log.InfoContext(ctx, "auto wizard applied", "file", a.File, "user_id", first)
	return first, nil
}

func (a AutoWizard) read(token string) ([]byte, error) {
	data, err := os.ReadFile(a.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoAutoWizard
	}
	if err != nil {
		return nil, fmt.Errorf("auto wizard: %w", err)
	}
	keys, err := wizardKeys(data)
	if err != nil {
		return nil, err
	}
	var wanted string
	if value, given := keys["Token"]; given && json.Unmarshal(value, &wanted) != nil {
		return nil, invalid("Token", "has to be %s", aText)
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(wanted)) != 1 && wanted != "" {
		return nil, ErrWrongToken
	}
	return data, nil
}

func onlyIf(condition bool, err error) error {
	if condition {
		return err
	}
	return nil
}
