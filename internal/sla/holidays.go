package sla

import (
	"crypto/md5" // names a feed, protects nothing
	"encoding/hex"
	"maps"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Holidays reads public holidays as clients write them: {"2024-12-25": {"active": true, "summary":
// "Christmas"}}. What was read from a feed stays marked as such: stored says what is known so far.
func Holidays(raw, stored map[string]any) (map[string]any, error) {
	holidays := make(map[string]any, len(raw))
	for date, value := range raw {
		holiday, ok := value.(map[string]any)
		if _, err := time.Parse(time.DateOnly, date); err != nil || !ok {
			return nil, &desk.InvalidError{Field: "public_holidays", Reason: "Invalid public holiday: " + strconv.Quote(date)}
		}
		holiday = maps.Clone(holiday)
		holiday["active"] = isOn(holiday["active"])
		known, _ := stored[date].(map[string]any)
		if feed, ok := known["feed"]; ok && holiday["feed"] == nil {
			holiday["feed"] = feed
		}
		holidays[date] = holiday
	}
	return holidays, nil
}

// OfFeed returns the holidays without those that were read from another feed than the one at url.
func OfFeed(holidays map[string]any, url string) map[string]any {
	name := feedName(url)
	left := make(map[string]any, len(holidays))
	for date, value := range holidays {
		holiday, _ := value.(map[string]any)
		if feed, _ := holiday["feed"].(string); feed == "" || feed == name {
			left[date] = value
		}
	}
	return left
}

// FromFeed returns the holidays with the days of the feed at url among them. What somebody decided
// about a day stays: it may be switched off, or called something else.
func FromFeed(holidays map[string]any, url string, days map[string]string) map[string]any {
	name := feedName(url)
	merged := OfFeed(holidays, url)
	for date, summary := range days {
		if summer(summary) {
			continue
		}
		holiday, _ := merged[date].(map[string]any)
		if _, decided := holiday["active"]; !decided {
			merged[date] = map[string]any{"active": true, "summary": summary, "feed": name}
		}
	}
	return merged
}

// summer reports whether an entry of a feed only says that clocks are changed.
func summer(summary string) bool {
	summary = strings.ToLower(summary)
	return strings.Contains(summary, "daylight saving") || strings.Contains(summary, "sommerzeit") || strings.Contains(summary, "summertime")
}

func feedName(url string) string {
	sum := md5.Sum([]byte(url))
	return hex.EncodeToString(sum[:])
}
