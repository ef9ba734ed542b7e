package installation

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"postroom/internal/store/pg"
)

const (
	insertIdentity = `
		INSERT INTO installation (key, value)
		VALUES ('identity', $1)
		ON CONFLICT (key) DO NOTHING`
	identity = `
		SELECT value
		FROM installation
		WHERE key = 'identity'`
)

// Identity names this installation among others: a short random text, made at the first call. A
// database that was restored from a backup should forget its old one, because what Redis still
// holds is about rows that came after the backup.
func (s Keeper) Identity(ctx context.Context) (string, error) {
	fresh := strings.ToLower(rand.Text()[:10])
	if _, err := pg.Conn(s.DB).Exec(ctx, insertIdentity, fresh); err != nil {
		return "", fmt.Errorf("identity: %w", pg.Translate(err))
	}
	var name string
	if err := pg.Conn(s.DB).QueryRow(ctx, identity).Scan(&name); err != nil {
		return "", fmt.Errorf("identity: %w", pg.Translate(err))
	}
	return name, nil
}
