package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/telegram"
	"postroom/channels/telegram/telegramtest"
	"postroom/internal/desk"
)

// asking is a bot that asks for updates, and what it was given.
func asking(t *testing.T) (server *telegramtest.Server, poller *telegram.Poller, write func(from, to int)) {
	t.Helper()
	server = telegramtest.New(t)
	channel := desk.Channel{ID: 7, Area: desk.AreaTelegram, Options: map[string]any{"api_token": telegramtest.Token, "polling": true}}
	poller, err := telegram.NewPoller(telegram.NewClient(server.URL, http.DefaultClient), channel)
	if err != nil {
		t.Fatal(err)
	}
	return server, poller, func(from, to int) {
		for n := from; n < to; n++ {
			server.Writes(fmt.Sprintf(`{"message_id":%d,"date":1,"chat":{"id":5,"type":"private"},"from":{"id":5,"first_name":"A"},"text":"no %d"}`, n, n))
		}
	}
}

func names(messages []channels.Inbound) (all []string) {
	for _, m := range messages {
		all = append(all, m.ExternalID)
	}
	return all
}

func TestUpdatesAreAskedForInOrderAndAcknowledgedWhenReceived(t *testing.T) {
	t.Parallel()
	server, poller, write := asking(t)
	write(1, 131)
	var got []channels.Inbound
	failing := errors.New("the database is away")
	refuse := func(context.Context, []channels.Inbound) error { return failing }
	if _, err := poller.Poll(t.Context(), refuse); !errors.Is(err, failing) {
		t.Fatalf("poll = %v, want the error of receive", err)
	}
	if left := server.Left(); left != 130 {
		t.Fatalf("%d updates are left after nothing was received, want 130", left)
	}
	receive := func(_ context.Context, batch []channels.Inbound) error {
		got = append(got, batch...)
		return nil
	}
	report, err := poller.Poll(t.Context(), receive)
	if err != nil || report.Fetched != 130 || server.Left() != 0 {
		t.Fatalf("poll = %+v, %v, %d left", report, err, server.Left())
	}
	if got[0].Kind != telegram.Kind || got[0].ChannelID != 7 || got[0].Conversation != "5" {
		t.Errorf("message = %+v", got[0])
	}
	if want := []string{"1", "2", "129", "130"}; !slices.Equal([]string{got[0].ExternalID, got[1].ExternalID, got[128].ExternalID, got[129].ExternalID}, want) {
		t.Errorf("names = %v", names(got))
	}
}

func TestBotWakesWhenSomebodyWrites(t *testing.T) {
	t.Parallel()
	server, poller, write := asking(t)
	woken := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	go func() { woken <- poller.Wait(ctx) }()
	write(1, 2)
	if err := <-woken; err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(ctx)
	taken := 0
	_, err := poller.Poll(ctx, func(_ context.Context, batch []channels.Inbound) error {
		taken += len(batch)
		stop() // what was received is acknowledged all the same
		return nil
	})
	if !errors.Is(err, context.Canceled) || taken != 1 || server.Left() != 0 {
		t.Errorf("poll = %v, %d taken, %d left", err, taken, server.Left())
	}
}

func TestBotThatIsToldToWaitSaysSo(t *testing.T) {
	t.Parallel()
	server, poller, _ := asking(t)
	server.Fail("getUpdates", telegramtest.TooMany(17), telegramtest.Failure{Status: 502, Body: "<html>bad gateway</html>"})
	_, err := poller.Poll(t.Context(), nil)
	if later, ok := errors.AsType[*channels.LaterError](err); !ok || later.After != 17*time.Second {
		t.Errorf("poll = %v, want one that waits 17 s", err)
	}
	if _, err := poller.Poll(t.Context(), nil); err == nil || err.Error() != "telegram: getUpdates: status 502" {
		t.Errorf("poll = %v", err)
	}
}
