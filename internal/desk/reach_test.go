package desk_test

import (
	"encoding/json"
	"testing"
	"time"

	"postroom/internal/desk"
)

func TestZoneOfTheInstallation(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{`"Europe/Berlin"`: "Europe/Berlin", `""`: "UTC", `"Local"`: "UTC", `"Moon/Base"`: "UTC", `null`: "UTC"} {
		if got := (desk.Settings{"timezone_default": json.RawMessage(zone)}).Zone().String(); got != want {
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
	}
}

func TestAwayIsByDays(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 23, 0, 0, 0, time.UTC) }
	start, end, by := day(2), day(4), desk.UserID(7)
	whole := desk.OutOfOffice{OutOfOffice: true, OutOfOfficeStartAt: &start, OutOfOfficeEndAt: &end, OutOfOfficeReplacementID: &by}
	for d, want := range map[int]bool{1: false, 2: true, 4: true, 5: false} {
		if got := whole.Away(day(d)); got != want {
			t.Errorf("March %d: %t, want %t", d, got, want)
		}
	}
	whole.OutOfOfficeReplacementID = nil
	if whole.Away(day(3)) {
		t.Error("away without anybody who stands in")
	}
}

func TestWhoWritesWhatNobodyWrites(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"#{config.product_name} <noreply@#{config.fqdn}>":   "Helpdesk <noreply@desk.example.com>",
		"#{config.organization} #{config.nosuch}<a@x.test>": "Acme <a@x.test>",
		"plain@x.test": "plain@x.test",
	} {
		c := settings(t, map[string]any{"notification_sender": text, "product_name": "Helpdesk", "fqdn": "desk.example.com:8080", "organization": "Acme"})
		if got := c.NotificationSender(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestOnlyAnAddressGetsHiddenCopies(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{" archive@example.com ": "archive@example.com", "nobody": "", "": ""} {
		if got := settings(t, map[string]any{"system_bcc": address}).HiddenCopy(); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
