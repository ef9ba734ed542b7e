// Package account reads what is stored of a mail account, and names the steps of reaching its servers.
//
// It is what the way in and the way out have in common: options as clients wrote them, and errors
// that tell a person which of them to look at.
package account

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// Adapters of the way in.
const (
	IMAP  = "imap"
	POP3  = "pop3"
	Graph = "microsoft_graph_inbound"
)

// Options are one side of a channel as clients wrote them: numbers come as text too, switches as
// "true", and what is not used as null or "".
type Options map[string]any

// Side splits a stored side of a channel into its adapter and its options.
func Side(stored map[string]any) (adapter string, opts Options) {
	adapter, _ = stored["adapter"].(string)
	opts, _ = stored["options"].(map[string]any)
	return adapter, opts
}

// Text returns an option as text, empty when there is none.
func (o Options) Text(name string) string {
	switch v := o[name].(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int, int32, int64, bool:
		return fmt.Sprint(v)
	}
	return ""
}

// Port returns the option port, or otherwise when there is none.
func (o Options) Port(otherwise int) (int, error) {
	text := strings.TrimSpace(o.Text("port"))
	if text == "" {
		return otherwise, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, &desk.InvalidError{Field: "port", Reason: "The port must be a number from 1 to 65535."}
	}
	return port, nil
}

// Count returns an option that is a number from 0 to most, 0 when there is none.
func (o Options) Count(name string, most int) (int, error) {
	text := strings.TrimSpace(o.Text(name))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, &desk.InvalidError{Field: name, Reason: fmt.Sprintf("%s must be a number from 0 to %d.", name, most)}
	}
	return n, nil
}

// Flag reads a switch. What is neither true nor false reads as otherwise.
func (o Options) Flag(name string, otherwise bool) bool {
	on, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(o.Text(name))))
	if err != nil {
		return otherwise
	}
	return on
}

// Host returns the server's name, or why it can't be one.
func (o Options) Host() (string, error) {
	host := strings.TrimSpace(o.Text("host"))
	if host == "" {
		return "", &desk.InvalidError{Field: "host", Reason: "The host name is missing."}
	}
	if strings.ContainsAny(host, " \t\r\n/@") {
		return "", &desk.InvalidError{Field: "host", Reason: "The host name is not valid."}
	}
	return host, nil
}

// UnknownAdapter is the error whose text clients of the API match.
func UnknownAdapter(adapter string) error {
	return &desk.InvalidError{Field: "adapter", Reason: "Unknown adapter '" + adapter + "'"}
}
