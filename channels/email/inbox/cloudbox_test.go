package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postroom/channels"
	"postroom/channels/channeltest"
	"postroom/channels/email/account"
	"postroom/channels/email/cloudtest"
	"postroom/channels/email/inbox"
)

// token is one that never changes.
type token string

func (t token) Token(context.Context) (string, error) { return string(t), nil }
func (token) Refused(context.Context, string) error   { return nil }

// cloud is a mailbox at Microsoft and what was received from it.
type cloud struct {
	provider *cloudtest.Provider
	graph    *cloudtest.Graph
	inbound  inbox.Inbound
	scene
}

func newCloud(t *testing.T, more map[string]any) *cloud {
	t.Helper()
	c := &cloud{provider: cloudtest.Start(t)}
	c.graph = cloudtest.StartGraph(t, c.provider)
	c.graph.AddBox(user)
	options := map[string]any{"user": user}
	for name, value := range more {
		options[name] = value
	}
	var err error
	if c.inbound, err = inbox.ParseInbound(map[string]any{"adapter": account.Graph, "options": options}); err != nil {
		t.Fatal(err)
	}
	access, _ := c.provider.Grant(user)
	c.inbound.Tokens, c.inbound.GraphURL = token(access), c.graph.URL
	return c
}

func (c *cloud) box() *inbox.Cloudbox { return inbox.NewCloudbox(c.inbound, 7, quiet) }

func TestCloudboxKeepsThePollerContract(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprintf("keep %t", keep), func(t *testing.T) {
			t.Parallel()
			channeltest.Poller(t, func(t *testing.T) channeltest.Source {
				c := newCloud(t, map[string]any{"keep_on_server": keep})
				c.graph.Pages(37)
				return channeltest.Source{
					Poller: c.box(),
					Put: func(_ *testing.T, text string) {
						c.graph.Deliver(user, "", []byte("From: a@example.com\r\nSubject: test\r\n\r\n"+text))
					},
					Left: func(*testing.T) int {
						all, unread := c.graph.Left(user)
						if keep {
							return unread
						}
						return all
					},
					CutAfter: c.graph.CutAfter,
					Poison:   c.graph.Poison,
				}
			})
		})
	}
}

func TestCloudboxOfOthersAndInFolders(t *testing.T) {
	t.Parallel()
	c := newCloud(t, map[string]any{"shared_mailbox": "team@example.com"})
	c.graph.AddBox("team@example.com", user)
	parent := c.graph.AddFolder("team@example.com", "Customers", "")
	folder := c.graph.AddFolder("team@example.com", "New & open", parent)
	c.graph.Deliver(user, "", []byte(mailNumber(1)))
	c.graph.Deliver("team@example.com", "", []byte(mailNumber(2)))
	c.graph.Deliver("team@example.com", folder, []byte(mailNumber(3)))
	c.poll(t, c.box())
	if len(c.received) != 1 || !strings.Contains(string(c.received[0].Raw), "mail 2") {
		t.Errorf("%d messages received, want the one in the shared inbox", len(c.received))
	}
	c.inbound.Folder = folder
	c.poll(t, c.box())
	if len(c.received) != 2 || !strings.Contains(string(c.received[1].Raw), "mail 3") {
		t.Errorf("%d messages received, want the one in the folder, too", len(c.received))
	}
	if all, _ := c.graph.Left(user); all != 1 {
		t.Error("the mailbox of whoever signed in was emptied")
	}
	c.inbound.Folder = "nowhere"
	if _, err := c.box().Poll(t.Context(), c.receive); err == nil || !strings.Contains(err.Error(), "ErrorItemNotFound") {
		t.Errorf("a folder that isn't: %v", err)
	}
	c.inbound.User, c.inbound.Folder = "boss@example.com", ""
	c.graph.AddBox("boss@example.com")
	if _, err := c.box().Poll(t.Context(), c.receive); err == nil || !strings.Contains(err.Error(), "ErrorAccessDenied") {
		t.Errorf("a mailbox that isn't shared: %v", err)
	}
}

func TestCloudboxWaitsWhenItIsToldTo(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	c.graph.Deliver(user, "", []byte(mailNumber(1)))
	c.graph.Busy("0", 429, 503, 504)
	if report := c.poll(t, c.box()); report.Fetched != 1 {
		t.Errorf("%d fetched, want 1", report.Fetched)
	}
	c.graph.Deliver(user, "", []byte(mailNumber(2)))
	c.graph.Busy("120", 429)
	_, err := c.box().Poll(t.Context(), c.receive)
	if later, ok := errors.AsType[*channels.LaterError](err); !ok || later.After != 2*time.Minute {
		t.Errorf("Poll = %v, want a *channels.LaterError of two minutes", err)
	}
	c.graph.Busy("0", 429, 429, 429, 429)
	if _, err := c.box().Poll(t.Context(), c.receive); err == nil {
		t.Error("a server that is busy without end: no error")
	}
	if report := c.poll(t, c.box()); report.Fetched != 1 {
		t.Errorf("%d fetched afterwards, want 1", report.Fetched)
	}
}

// What the server can't show must not be taken for deleted, nor hold others up; a server that
// can't show anything is not to be asked for each message.
func TestCloudboxTellsABadMessageFromABadServer(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	for n := range 12 {
		c.graph.Deliver(user, "", []byte(mailNumber(n)))
	}
	c.graph.Break("mail 3\r\n", 500)
	c.graph.Break("mail 4\r\n", 400)
	box := c.box()
	report := c.poll(t, box)
	if report.Fetched != 10 || len(report.Notices) != 2 || !strings.Contains(report.Notices[0], "ErrorMimeContentConversionFailed") {
		t.Errorf("report %+v, want ten fetched and two named", report)
	}
	for n := range 8 {
		c.graph.Deliver(user, "", []byte(mailNumber(100+n)))
	}
	c.graph.Break("mail 10", 502)
	if _, err := c.box().Poll(t.Context(), c.receive); err == nil || !strings.Contains(err.Error(), "ErrorMimeContentConversionFailed") {
		t.Errorf("Poll of a server out of order = %v, want its error", err)
	}
	if all, _ := c.graph.Left(user); all != 10 {
		t.Errorf("%d messages are left, want all ten", all)
	}
}

func TestCloudboxRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	c.inbound.MaxSize = 200
	c.graph.Deliver(user, "", []byte(mailNumber(1)))
	c.graph.Deliver(user, "", []byte(mailNumber(2)+strings.Repeat("x", 300)))
	report := c.poll(t, c.box())
	if report.Fetched != 1 || len(report.Notices) != 1 || !strings.Contains(report.Notices[0], "too large") {
		t.Errorf("report %+v, want one fetched and one named", report)
	}
}

// fickle is a token that the server stops taking.
type fickle struct {
	provider *cloudtest.Provider
	now      atomic.Value
	refused  atomic.Int32
}

func (f *fickle) Token(context.Context) (string, error) { return f.now.Load().(string), nil }
func (f *fickle) Refused(context.Context, string) error {
	f.refused.Add(1)
	access, _ := f.provider.Grant(user)
	f.now.Store(access)
	return nil
}

func TestCloudboxAsksForAnotherToken(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	tokens := &fickle{provider: c.provider}
	tokens.now.Store("outdated")
	c.inbound.Tokens = tokens
	c.graph.Deliver(user, "", []byte(mailNumber(1)))
	if report := c.poll(t, c.box()); report.Fetched != 1 || tokens.refused.Load() != 1 {
		t.Errorf("%d fetched, %d tokens refused; want one each", report.Fetched, tokens.refused.Load())
	}
	c.inbound.Tokens = token("outdated")
	_, err := c.box().Poll(t.Context(), c.receive)
	if step, ok := errors.AsType[*account.StepError](err); !ok || step.Step != account.Login || !strings.Contains(err.Error(), "InvalidAuthenticationToken") {
		t.Errorf("Poll = %v, want an error of logging in", err)
	}
}

func TestCloudboxIsCounted(t *testing.T) {
	t.Parallel()
	c := newCloud(t, nil)
	for n := range 3 {
		c.graph.Deliver(user, "", []byte(mailNumber(n)))
	}
	if got, err := inbox.Look(t.Context(), c.inbound); err != nil || got.Messages != 3 {
		t.Errorf("Look = %v, %v; want 3", got, err)
	}
}
