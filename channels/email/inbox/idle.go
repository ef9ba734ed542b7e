package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"postroom/channels"
)

// Wait returns when the server announces mail, and now and then without: a search finds what an
// announcement may have missed, and proves that the server is still there.
func (m *Mailbox) Wait(ctx context.Context) error {
	if m.more || m.session == nil {
		return nil // nobody needs to tell, or nobody can
	}
	if !m.session.idle {
		return channels.ErrCannotWait
	}
	if err := m.session.wait(ctx, m.inbound.limits); err != nil {
		if !lost(err) {
			m.session.idle = false // it offers the command and then refuses it
			return channels.ErrCannotWait
		}
		m.hangUp()
		return fmt.Errorf("wait for mail: %w", err)
	}
	return nil
}

var errHungUp = errors.New("the server closed the connection")

// wait holds one IDLE command.
func (s *session) wait(ctx context.Context, limits limits) error {
	if s.hasArrived() {
		return nil
	}
	var command *imapclient.IdleCommand
	err := s.within(ctx, limits.login, func() (err error) {
		command, err = s.client.Idle()
		return err
	})
	if err != nil {
		return err
	}
	timer := time.NewTimer(limits.idle)
	defer timer.Stop()
	select {
	case <-s.arrived:
	case <-timer.C:
	case <-s.client.Closed():
		return errors.Join(errHungUp, command.Close())
	case <-ctx.Done():
		_ = s.conn.Close() // before Close, which would wait for a dead server
		return errors.Join(ctx.Err(), command.Close())
	}
	return s.within(ctx, limits.login, func() error {
		if err := command.Close(); err != nil {
			return err
		}
		return command.Wait()
	})
}

func (s *session) hasArrived() bool {
	select {
	case <-s.arrived:
		return true
	default:
		return false
	}
}
