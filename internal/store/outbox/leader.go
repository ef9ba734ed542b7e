package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"postroom/internal/store/pg"
)

// Candidate wants to be the one process of all that does something. It holds a connection of its
// own: the lock lives as long as the connection, so a process that dies stops being the leader.
type Candidate struct {
	conn *pgx.Conn
	name string
}

// silence is how long a leader may hear nothing before it asks whether the database is still there.
const silence = 3 * time.Second

// Candidate opens the connection of a candidate for name.
func (s Keeper) Candidate(ctx context.Context, name string) (*Candidate, error) {
	config := pg.Pool(s.DB).Config().ConnConfig.Copy()
	config.RuntimeParams["application_name"] = "postroom " + name
	// The server finds out within ten seconds that a leader's machine is gone.
	config.RuntimeParams["tcp_keepalives_idle"] = "4"
	config.RuntimeParams["tcp_keepalives_interval"] = "2"
	config.RuntimeParams["tcp_keepalives_count"] = "3"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("candidate for %s: %w", name, pg.Translate(err))
	}
	return &Candidate{conn: conn, name: name}, nil
}

// Waiting for the lock inside PostgreSQL would need no asking again, but the waiting statement
// would keep vacuum from cleaning up all over the database.
const tryLead = `SELECT pg_try_advisory_lock(hashtextextended('postroom leader ' || $1, 0))`

// TryLead reports whether we lead now. Ask once: a lock taken twice has to be given back twice.
func (c *Candidate) TryLead(ctx context.Context) (bool, error) {
	var leads bool
	if err := c.conn.QueryRow(ctx, tryLead, c.name).Scan(&leads); err != nil {
		return false, fmt.Errorf("lead %s: %w", c.name, pg.Translate(err))
	}
	return leads, nil
}

// Listen makes Hear return what is notified on channel.
func (c *Candidate) Listen(ctx context.Context, channel string) error {
	_, err := c.conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize())
	return pg.Translate(err)
}

// Hear waits for a notification and returns its payload. It fails when ctx ends or the connection,
// and with it the leadership, is lost.
func (c *Candidate) Hear(ctx context.Context) (string, error) {
	for {
		quiet, cancel := context.WithTimeout(ctx, silence)
		notification, err := c.conn.WaitForNotification(quiet)
		cancel()
		if err == nil {
			return notification.Payload, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if !errors.Is(err, context.DeadlineExceeded) || c.conn.IsClosed() {
			return "", fmt.Errorf("leader of %s: %w", c.name, pg.Translate(err))
		}
		if err := c.ping(ctx); err != nil {
			return "", fmt.Errorf("leader of %s: %w", c.name, pg.Translate(err))
		}
	}
}

func (c *Candidate) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	return c.conn.Ping(ctx)
}

// Close ends the connection and with it the leadership.
func (c *Candidate) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), silence)
	defer cancel()
	return c.conn.Close(ctx)
}
