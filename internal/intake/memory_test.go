package intake_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/devstack"
)

func TestMailWaitsForMemory(t *testing.T) {
	t.Parallel()
	h := openHouse(t, devstack.DatabaseFrom(t, "installed", install))
	h.receive(mail())
	tasks := h.waiting()
	release := h.intake.HoldMemory()
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.intake.Process(short, tasks[0].Inbound, tasks[0].Outbox); !errors.Is(err, desk.ErrUnavailable) {
		t.Errorf("while a huge mail is read, another one: %v, want desk.ErrUnavailable", err)
	}
	release()
	if err := h.intake.Process(t.Context(), tasks[0].Inbound, tasks[0].Outbox); err != nil {
		t.Errorf("once it is read: %v", err)
	}
}
