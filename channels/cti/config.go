package cti

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
)

// Config is what an administrator set for a telephone system (reference/channels.md 1.4).
type Config struct {
	APIToken  string // of Placetel, for the names of agents
	ViewLimit int    // calls that the caller log shows

	configured bool
	blocked    map[string]bool
	routes     []route
	otherwise  string // caller id
	notify     []queue
	devices    map[string]string // who has a telephone: ids or mail addresses of users
}

type route struct {
	dest     *regexp.Regexp
	callerID string
}

// queue is a queue, or a number, with the agents that are told about its calls.
type queue struct {
	name  string
	users []string // ids
}

const (
	usualView = 60
	maxView   = 1000
)

// ParseConfig reads a setting. What can't be used of it is left out: a slip in one row must not keep
// the telephone from ringing.
func ParseConfig(setting json.RawMessage) *Config {
	var stored struct {
		Inbound  map[string]json.RawMessage `json:"inbound"`
		Outbound map[string]json.RawMessage `json:"outbound"`

		NotifyMap rows `json:"notify_map"`
		ViewLimit word `json:"view_limit"`
		APIToken  word `json:"api_token"`

		RemoteUsers rows `json:"user_remote_map"` // of sipgate.io
		Devices     rows `json:"user_device_map"` // of Placetel
	}
	_ = json.Unmarshal(setting, &stored) // then it is not configured
	c := &Config{
		APIToken: string(stored.APIToken), ViewLimit: usualView,
		configured: len(stored.Inbound) > 0 && len(stored.Outbound) > 0, blocked: map[string]bool{}, devices: map[string]string{},
	}
	for key, owned := range map[string]rows{"remote_user_id": stored.RemoteUsers, "device_id": stored.Devices} {
		for _, row := range owned {
			c.devices[row.text(key)] = row.text("user_id")
		}
	}
	if n, err := strconv.Atoi(string(stored.ViewLimit)); err == nil && n > 0 {
		c.ViewLimit = min(n, maxView)
	}
	for _, row := range rowsOf(stored.Inbound["block_caller_ids"]) {
		if number := row.text("caller_id"); number != "" {
			c.blocked[number] = true
		}
	}
	for _, row := range rowsOf(stored.Outbound["routing_table"]) {
		if dest, number := row.text("dest"), row.text("caller_id"); dest != "" && number != "" {
			c.routes = append(c.routes, route{pattern(dest), number})
		}
	}
	var number word
	_ = json.Unmarshal(stored.Outbound["default_caller_id"], &number) // none
	c.otherwise = string(number)
	for _, row := range stored.NotifyMap {
		var users []word
		_ = json.Unmarshal(row["user_ids"], &users) // nobody
		one := queue{name: row.text("queue")}
		for _, user := range users {
			one.users = append(one.users, string(user))
		}
		c.notify = append(c.notify, one)
	}
	return c
}

// pattern makes a destination with * for any digits a regular expression.
func pattern(dest string) *regexp.Regexp {
	return regexp.MustCompile(`\A` + strings.ReplaceAll(regexp.QuoteMeta(dest), `\*`, `.+`) + `\z`)
}

// Configured reports whether both directions are set up.
func (c *Config) Configured() bool { return c.configured }

// QueuesOf returns the queues whose calls an agent sees, and whether that depends on queues at all.
// numbers are the agent's own.
func (c *Config) QueuesOf(id desk.UserID, numbers []string) (queues []string, limited bool) {
	if len(c.notify) == 0 {
		return nil, false
	}
	for _, q := range c.notify {
		if slices.Contains(q.users, strconv.FormatInt(int64(id), 10)) {
			queues = append(queues, q.name)
		}
	}
	return append(queues, numbers...), true
}

// Taker says who took a call, with what is configured about telephones.
func (c *Config) Taker(t telephone.CallTaker) telephone.CallTaker {
	if owner := c.devices[t.Device]; t.Device != "" && owner != "" {
		return telephone.CallTaker{User: owner}
	}
	return t
}

// Blocks reports whether calls from a number are rejected.
func (c *Config) Blocks(from string) bool { return c.blocked[from] }

// Told returns the agents that are told of calls to a number or in a queue, as ids; everybody: there is no map.
func (c *Config) Told(to, queue string) (users []desk.UserID, everybody bool) {
	for _, q := range c.notify {
		if q.name != to && (q.name != queue || queue == "") {
			continue
		}
		for _, user := range q.users {
			if id, err := strconv.ParseInt(user, 10, 64); err == nil {
				users = append(users, desk.UserID(id))
			}
		}
	}
	return users, len(c.notify) == 0
}

// Decide says what becomes of a call, and notes it in the event that is logged.
func (c *Config) Decide(e *telephone.CallEvent) Answer {
	switch {
	case e.Event != telephone.NewCall:
	case e.Direction == telephone.CallIn && c.Blocks(e.From):
		e.Comment = "reject, busy"
		if e.User != "" {
			e.Comment = e.User + " -> reject, busy"
		}
		return Answer{Action: Reject}
	case e.Direction == telephone.CallOut:
		if number := c.callerID(e.To); number != "" {
			e.From = number
			return Answer{Action: Dial, CallerID: number, Number: e.To}
		}
	}
	return Answer{}
}

// callerID is the number that a call leaves the house under; empty: as the telephone system says.
func (c *Config) callerID(to string) string {
	for _, route := range c.routes {
		if route.dest.MatchString(to) {
			return route.callerID
		}
	}
	return c.otherwise
}

// word is text that may be written as a number.
type word string

func (w *word) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		*w = word(strings.TrimSpace(text))
		return nil
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		*w = word(number.String())
	}
	return nil
}

// rows is a list of objects; anything else is an empty one.
type rows []row

type row map[string]json.RawMessage

func (r *rows) UnmarshalJSON(raw []byte) error {
	var items []json.RawMessage
	_ = json.Unmarshal(raw, &items) // none
	for _, item := range items {
		var one row
		if json.Unmarshal(item, &one) == nil && one != nil {
			*r = append(*r, one)
		}
	}
	return nil
}

func rowsOf(raw json.RawMessage) (all rows) {
	if len(raw) > 0 {
		_ = all.UnmarshalJSON(raw) // it returns no error
	}
	return all
}

func (r row) text(key string) string {
	var w word
	if raw, ok := r[key]; ok {
		_ = w.UnmarshalJSON(raw) // it returns no error
	}
	return string(w)
}
