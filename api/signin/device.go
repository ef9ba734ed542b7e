package signin

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"sync"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk/identity"
)

// How often a device in use is written down.
const (
	noteReading = 30 * time.Minute
	noteWriting = 10 * time.Minute
	notesMost   = 10_000 // remembered at once
)

// deviceNotes remembers which devices were written down lately, so that not every request does.
type deviceNotes struct {
	mu    sync.Mutex
	noted map[[sha256.Size]byte]deviceNote
}

type deviceNote struct {
	at time.Time
	ip string
}

// due reports whether a device has to be written down again, and takes for granted that it is.
func (n *deviceNotes) due(key [sha256.Size]byte, ip string, every time.Duration, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last, ok := n.noted[key]; ok && last.ip == ip && now.Sub(last.at) < every {
		return false
	}
	if n.noted == nil || len(n.noted) >= notesMost {
		n.noted = map[[sha256.Size]byte]deviceNote{}
	}
	n.noted[key] = deviceNote{now, ip}
	return true
}

// address is where a request comes from, as devices and sessions show it.
func (s *Room) address(r *http.Request) string {
	if ip := s.ClientIP(r); ip.IsValid() {
		return ip.String()
	}
	return ""
}

// fingerprintOf is what a browser's page says that the browser is known by.
func fingerprintOf(r *http.Request, p rest.Params) (string, error) {
	fingerprint := cmp.Or(p.Text("fingerprint"), identity.CutUserAgent(r.Header.Get("X-Browser-Fingerprint")))
	if n := len([]rune(fingerprint)); n > identity.MaxFingerprint {
		return "", rest.Invalid("fingerprint", "fingerprint is %d but can only be %d chars!", n, identity.MaxFingerprint)
	}
	return fingerprint, nil
}

// noteDevice writes down from where somebody works, now and then, for those who can look it up.
// Nobody's request fails because of it.
func (s *Room) noteDevice(r *http.Request, v visit) {
	if v.who == nil || v.behalf || !v.who.UserCan("user_preferences.device") {
		return
	}
	var fingerprint string
	if v.session != nil {
		if fingerprint = v.session.Fingerprint; fingerprint == "" || v.session.SwitchedFromID != nil {
			return
		}
	}
	every := noteWriting
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		every = noteReading
	}
	ip := s.address(r)
	key := sha256.Sum256([]byte(v.by + "\x00" + v.secret + "\x00" + r.UserAgent()))
	if !s.devices.due(key, ip, every, s.now()) {
		return
	}
	device := identity.NewDevice(v.who.User.ID, r.UserAgent(), fingerprint, ip)
	if _, err := s.Store.RecordDevice(r.Context(), device); err != nil && !errors.Is(err, context.Canceled) {
		s.Log.WarnContext(r.Context(), "device not written down", "user_id", v.who.User.ID, "error", err)
	}
}

// listDevices shows the devices that somebody was seen with.
func (s *Room) listDevices(w http.ResponseWriter, r *http.Request) error {
	devices, err := s.Store.Devices(r.Context(), rest.Caller(r).User.ID)
	if err != nil {
		return err
	}
	shown := make([]rest.Record, len(devices))
	for i, d := range devices {
		shown[i] = deviceRecord(d)
		if session := rest.Session(r); session != nil && session.DeviceID != nil && *session.DeviceID == d.ID {
			shown[i].Add("current", true)
		}
	}
	return rest.Reply(w, r, shown)
}

func deviceRecord(d identity.Device) rest.Record {
	return rest.Record{
		{"id", d.ID}, {"user_id", d.UserID}, {"name", d.Name}, {"os", d.OS}, {"browser", d.Browser}, {"location", d.Location},
		{"user_agent", d.UserAgent}, {"ip", d.IP}, {"updated_at", d.UpdatedAt},
	}
}

// deleteDevice forgets a device and signs it out.
func (s *Room) deleteDevice(w http.ResponseWriter, r *http.Request) error {
	id, err := rest.PathID[identity.DeviceID](r, "id", "UserDevice")
	if err != nil {
		return err
	}
	if err := s.Store.DeleteDevice(r.Context(), rest.Caller(r).User.ID, id); err != nil {
		return err
	}
	s.callers.forget()
	return rest.Deleted(w)
}
