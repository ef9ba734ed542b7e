package live

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// channel is where processes tell each other over Redis that events wait.
const channel = "postroom:live"

// Redis carries the word from process to process. What is to be told are rows in the database: when
// Redis is lost, pages are told later, by the look that every process takes now and then.
type Redis struct{ Client redis.UniversalClient }

// Publish says that events wait.
func (b Redis) Publish(ctx context.Context) error { return b.Client.Publish(ctx, channel, "").Err() }

// Listen calls heard whenever some process published, until ctx ends. It connects again by itself.
func (b Redis) Listen(ctx context.Context, heard func()) {
	subscription := b.Client.Subscribe(ctx, channel)
	defer subscription.Close()
	messages := subscription.Channel()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-messages:
			if !open {
				return
			}
			heard()
		}
	}
}
