package desk

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Away reports whether somebody is out of office on a day, and has somebody who stands in.
func (o OutOfOffice) Away(day time.Time) bool {
	if !o.OutOfOffice || o.OutOfOfficeReplacementID == nil || o.OutOfOfficeStartAt == nil || o.OutOfOfficeEndAt == nil {
		return false
	}
	today := day.Format(time.DateOnly)
	return o.OutOfOfficeStartAt.Format(time.DateOnly) <= today && today <= o.OutOfOfficeEndAt.Format(time.DateOnly)
}

// Undeliverable reports whether mail to a user came back for good within the last sixty days.
func (u User) Undeliverable(now time.Time) bool {
	if u.Preferences["mail_delivery_failed"] != true {
		return false
	}
	at, err := time.Parse(time.RFC3339, fmt.Sprint(u.Preferences["mail_delivery_failed_data"]))
	if err != nil {
		return false
	}
	const day = 24 * time.Hour
	return now.UTC().Truncate(day).Sub(at.UTC().Truncate(day)) < 61*day
}

// Locale is the language that a user wants to be written to in: the own one, or the installation's.
func (u User) Locale(c *Catalog) string {
	if locale, _ := u.Preferences["locale"].(string); locale != "" {
		return locale
	}
	if locale := c.Settings.String("locale_default"); locale != "" {
		return locale
	}
	return "en-us"
}

// Zone is the time zone of the installation; UTC where none is set, or one that nobody knows.
func (s Settings) Zone() *time.Location {
	if name := s.String("timezone_default"); name != "" && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// NotificationChannel is what mails go out by that belong to no ticket.
func (c *Catalog) NotificationChannel() (Channel, bool) {
	for _, channel := range c.Channels {
		if channel.Area == AreaEmailNotification && channel.Active {
			return channel, true
		}
	}
	return Channel{}, false
}

var configInText = regexp.MustCompile(`#\{config\.(\w+)\}`)

// NotificationSender is who mails are from that no agent and no group writes: setting notification_sender,
// in which #{config.fqdn} and the like stand for other settings.
func (c *Catalog) NotificationSender() string {
	return configInText.ReplaceAllStringFunc(c.Settings.String("notification_sender"), func(placeholder string) string {
		name := configInText.FindStringSubmatch(placeholder)[1]
		value := c.Settings.String(name)
		if name == "fqdn" {
			value, _, _ = strings.Cut(value, ":") // a port is no part of an address
		}
		return value
	})
}

// HiddenCopy is who gets a copy of the mail that leaves, without its recipients seeing it; empty: nobody.
func (c *Catalog) HiddenCopy() string {
	if address := strings.TrimSpace(c.Settings.String("system_bcc")); ValidAddress(address) {
		return address
	}
	return ""
}

// EHLODomain is how we greet mail servers: by our name or, when that one means nothing outside, by
// the sender's domain.
func EHLODomain(fqdn, from string) string {
	host, _, _ := strings.Cut(fqdn, ":")
	local := !strings.Contains(host, ".") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".localhost")
	if !local {
		return host
	}
	address := from
	if open := strings.LastIndexByte(from, '<'); open >= 0 {
		address, _, _ = strings.Cut(from[open+1:], ">")
	}
	if domain := MailDomain(address); domain != "" {
		return domain
	}
	return host
}
