package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
)

// benchChat measures what pages that are open cost, and how long a message takes from a visitor to
// an agent while they are.
func benchChat(ctx context.Context, b *bench) error {
	if err := errors.Join(b.startStores(ctx), b.startProduct(ctx)); err != nil {
		return err
	}
	if _, err := b.postroom(ctx, "settings", "set", "chat", "true"); err != nil {
		return err
	}
	agent, visitor, session, err := b.conversation(ctx)
	if err != nil {
		return err
	}
	before, err := residentBytes(b.all.Process.Pid)
	if err != nil {
		return err
	}
	started := time.Now()
	idle, err := b.idlePages(ctx, b.size.pages)
	if err != nil {
		return err
	}
	defer func() {
		for _, page := range idle {
			_ = page.CloseNow()
		}
	}()
	took := time.Since(started)
	after, err := residentBytes(b.all.Process.Pid)
	if err != nil {
		return err
	}
	notes := fmt.Sprintf("%d pages connected within %s, each has asked whether somebody is there", len(idle), took.Round(time.Millisecond))
	b.report.add("(chat) memory of idle pages", fmt.Sprintf("%.0f MiB", float64(after-before)/(1<<20)), "150 MiB", notes)

	var times []time.Duration
	pace := time.NewTicker(typed)
	defer pace.Stop()
	for i := range b.size.said {
		<-pace.C
		started := time.Now()
		text := fmt.Sprintf("message %d of this measurement", i)
		if err := said(ctx, visitor, "chat_session_message", map[string]any{"session_id": session, "content": text}); err != nil {
			return err
		}
		if _, err := heard(ctx, agent, "chat_session_message"); err != nil {
			return err
		}
		times = append(times, time.Since(started))
		if _, err := heard(ctx, visitor, "chat_session_message"); err != nil {
			return err
		}
	}
	notes = fmt.Sprintf("%d messages, eight a second, beside those pages; stored in between", len(times))
	b.report.add("(chat) message from visitor to agent, p50", ms(percentile(times, 50)), "", notes)
	b.report.add("(chat) message from visitor to agent, p95", ms(percentile(times, 95)), "50 ms", notes)
	return nil
}

// typed is the time between two messages: a page may send ten a second.
const typed = 120 * time.Millisecond

// conversation begins a session between an agent and a visitor.
func (b *bench) conversation(ctx context.Context) (agent, visitor *websocket.Conn, session string, err error) {
	if agent, err = b.page(ctx); err != nil {
		return nil, nil, "", err
	}
	if visitor, err = b.page(ctx); err != nil {
		return nil, nil, "", err
	}
	login, _ := json.Marshal(map[string]string{"event": "login", "token": b.token}) // texts always marshal
	if err = agent.Write(ctx, websocket.MessageText, login); err != nil {
		return nil, nil, "", err
	}
	err = b.waitFor(ctx, often, time.Minute, func() error { // the setting is known within a second
		if err := said(ctx, agent, "chat_agent_state", map[string]any{"active": true}); err != nil {
			return err
		}
		_, err := heard(ctx, agent, "chat_agent_state")
		return err
	})
	if err != nil {
		return nil, nil, "", err
	}
	if err = said(ctx, visitor, "chat_session_init", map[string]any{"chat_id": 1}); err != nil {
		return nil, nil, "", err
	}
	queued, err := heard(ctx, visitor, "chat_session_queue")
	if err != nil {
		return nil, nil, "", err
	}
	session, _ = queued["session_id"].(string)
	if err = said(ctx, agent, "chat_session_start", nil); err == nil {
		_, err = heard(ctx, agent, "chat_session_start")
	}
	return agent, visitor, session, err
}

// page opens a connection as pages do.
func (b *bench) page(ctx context.Context) (*websocket.Conn, error) {
	conn, _, err := websocket.Dial(ctx, b.base+"/ws", nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 20)
	return conn, nil
}

// idlePages opens pages that ask whether somebody is there, and then wait.
func (b *bench) idlePages(ctx context.Context, n int) ([]*websocket.Conn, error) {
	pages := make([]*websocket.Conn, n)
	const atOnce = 16
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range pages {
		group.Go(func() error {
			page, err := b.page(inner)
			if err != nil {
				return fmt.Errorf("page %d: %w", i, err)
			}
			pages[i] = page
			if err := said(inner, page, "chat_status_customer", map[string]any{"chat_id": 1}); err != nil {
				return err
			}
			_, err = heard(inner, page, "chat_status_customer")
			return err
		})
	}
	return pages, group.Wait()
}

// said sends an event.
func said(ctx context.Context, page *websocket.Conn, event string, data map[string]any) error {
	frame, err := json.Marshal(map[string]any{"event": event, "data": data})
	if err != nil {
		return err
	}
	return page.Write(ctx, websocket.MessageText, frame)
}

// heard waits for an event and returns its data.
func heard(ctx context.Context, page *websocket.Conn, event string) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		_, frame, err := page.Read(ctx)
		if err != nil {
			return nil, fmt.Errorf("waiting for %s: %w", event, err)
		}
		var events []struct {
			Event string
			Data  map[string]any
		}
		if err := json.Unmarshal(frame, &events); err != nil {
			return nil, err
		}
		for _, one := range events {
			switch one.Event {
			case event:
				return one.Data, nil
			case "chat_error":
				return nil, fmt.Errorf("waiting for %s: %v", event, one.Data["state"])
			}
		}
	}
}

// residentBytes is how much memory a process has.
func residentBytes(pid int) (int64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmRSS:" {
			kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("process %d tells nothing of its memory", pid)
}
