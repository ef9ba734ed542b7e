package identity

import (
	"strings"
	"time"

	"postroom/internal/desk"
)

// Device is a browser or program that somebody used.
type Device struct {
	ID              DeviceID
	UserID          desk.UserID
	Name            string // Linux, Firefox
	OS              string
	Browser         string
	Location        string
	DeviceDetails   map[string]any
	LocationDetails map[string]any
	Fingerprint     string // of a browser; empty: a program
	UserAgent       string
	IP              string
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// Most characters of what a device says of itself.
const (
	MaxFingerprint = 160
	maxUserAgent   = 250
)

// known is a name for those who have one of some words in their User-Agent. The first that fits
// counts: many claim to be others as well.
type known struct {
	name  string
	words []string
}

var (
	systems = []known{
		{"Android", []string{"Android"}},
		{"Ios", []string{"iPhone", "iPad", "iPod"}},
		{"Windows", []string{"Windows"}},
		{"Mac", []string{"Macintosh", "Mac OS X"}},
		{"ChromeOs", []string{"CrOS"}},
		{"Linux", []string{"Linux", "X11"}},
	}
	browsers = []known{
		{"Microsoft Edge", []string{"Edg/", "EdgA/", "EdgiOS/", "Edge/"}},
		{"Opera", []string{"OPR/", "Opera"}},
		{"Samsung Browser", []string{"SamsungBrowser/"}},
		{"Firefox", []string{"Firefox/", "FxiOS/"}},
		{"Chrome", []string{"Chrome/", "CriOS/", "Chromium/"}},
		{"Safari", []string{"Safari/"}},
		{"Internet Explorer", []string{"MSIE ", "Trident/"}},
	}
)

// NewDevice describes somebody's device by what it says of itself.
func NewDevice(user desk.UserID, userAgent, fingerprint, ip string) Device {
	userAgent = CutUserAgent(userAgent)
	d := Device{
		UserID: user, OS: recognize(systems, userAgent), Browser: recognize(browsers, userAgent), Location: "unknown",
		Fingerprint: fingerprint, UserAgent: userAgent, IP: ip,
	}
	if d.Browser == "" {
		d.Browser = userAgent
	}
	d.Name = d.Browser
	if d.OS != "" && d.Browser != userAgent {
		d.Name = d.OS + ", " + d.Browser
	}
	d.DeviceDetails = map[string]any{"plattform": d.OS, "name": d.Browser} // spelled so by those who read it
	return d
}

func recognize(all []known, userAgent string) string {
	for _, one := range all {
		for _, word := range one.words {
			if strings.Contains(userAgent, word) {
				return one.name
			}
		}
	}
	return ""
}

// CutUserAgent makes what a program calls itself fit to be kept.
func CutUserAgent(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	if runes := []rune(text); len(runes) > maxUserAgent {
		return string(runes[:maxUserAgent])
	}
	return text
}
