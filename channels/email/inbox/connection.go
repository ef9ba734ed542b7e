package inbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"

	"postroom/channels/email/account"
	"postroom/channels/email/pop3"
)

// dial connects to the server of a mailbox.
func dial(ctx context.Context, in Inbound) (net.Conn, error) {
	// Keep-alive probes find a dead connection while we wait for news.
	dialer := net.Dialer{Timeout: in.limits.login, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 4,
	}}
	return dialer.DialContext(ctx, "tcp", net.JoinHostPort(in.Host, strconv.Itoa(in.Port)))
}

// within runs one exchange with a server and cuts the connection when it takes longer than limit or
// ctx ends, because nothing else stops a reader of a silent connection.
func within(ctx context.Context, conn net.Conn, limit time.Duration, exchange func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, account.ErrTooSlow)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	err := exchange()
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return err
}

// lost reports whether an error is the connection's, not one command's.
func lost(err error) bool {
	if err == nil {
		return false
	}
	if refused, ok := errors.AsType[*imap.Error](err); ok {
		return refused.Type == imap.StatusResponseTypeBye
	}
	_, refused := errors.AsType[*pop3.Error](err)
	_, tooLarge := errors.AsType[*pop3.TooLargeError](err)
	return !refused && !tooLarge
}

// graceful returns a context that outlives ctx by grace: the batch in hand is finished.
func graceful(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

// Refused reports whether the server itself said no, for good.
func Refused(err error) bool {
	_, byIMAP := errors.AsType[*imap.Error](err)
	refused, byPOP3 := errors.AsType[*pop3.Error](err)
	return byIMAP || byPOP3 && !refused.Temporary()
}

// busy reports whether a server wants to be left in peace: nothing is wrong with what it was asked for.
func busy(err error) bool {
	refused, ok := errors.AsType[*imap.Error](err)
	return ok && slices.Contains([]imap.ResponseCode{imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, "THROTTLED"}, refused.Code)
}
