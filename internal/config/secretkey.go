package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// EnsureSecretKey makes the key that seals passwords when there is none yet, and keeps it in
// DATA_DIR, readable by us alone. Of several processes that do so at once one wins and all use its key.
func (c *Config) EnsureSecretKey() error {
	if len(c.Stores.SecretKey) > 0 {
		return nil
	}
	if err := os.MkdirAll(c.Places.Data, 0o755); err != nil {
		return fmt.Errorf("folder of the secret key: %w", err)
	}
	file := filepath.Join(c.Places.Data, SecretKeyFile)
	fresh := make([]byte, keyLength)
	_, _ = rand.Read(fresh) // crypto/rand never fails
	if err := createWhole(file, base64.StdEncoding.EncodeToString(fresh)+"\n"); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("secret key: %w", err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("secret key: %w", err)
	}
	if c.Stores.SecretKey, err = decodeKey(strings.TrimSpace(string(text))); err != nil {
		return fmt.Errorf("secret key in %s: %w", file, err)
	}
	return nil
}

// createWhole makes a file appear with its content or not at all, and never over another.
func createWhole(path, content string) error {
	draft, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(content)
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Link(draft.Name(), path)
}
