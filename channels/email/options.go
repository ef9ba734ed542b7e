package email

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// options are one side of a channel as clients wrote them: numbers come as text too, switches as
// "true", and what is not used as null or "".
type options map[string]any

// side splits a stored side of a channel into its adapter and its options.
func side(stored map[string]any) (adapter string, opts options) {
	adapter, _ = stored["adapter"].(string)
	opts, _ = stored["options"].(map[string]any)
	return adapter, opts
}

func (o options) text(name string) string {
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

func (o options) port(otherwise int) (int, error) {
	text := strings.TrimSpace(o.text("port"))
	if text == "" {
		return otherwise, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, &desk.InvalidError{Field: "port", Reason: "The port must be a number from 1 to 65535."}
	}
	return port, nil
}

// flag reads a switch. What is neither true nor false reads as otherwise.
func (o options) flag(name string, otherwise bool) bool {
	on, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(o.text(name))))
	if err != nil {
		return otherwise
	}
	return on
}

// host returns the server's name, or why it can't be one.
func (o options) host() (string, error) {
	host := strings.TrimSpace(o.text("host"))
	if host == "" {
		return "", &desk.InvalidError{Field: "host", Reason: "The host name is missing."}
	}
	if strings.ContainsAny(host, " \t\r\n/@") {
		return "", &desk.InvalidError{Field: "host", Reason: "The host name is not valid."}
	}
	return host, nil
}
