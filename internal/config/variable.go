package config

import (
	"fmt"
	"net/url"
	"strings"
)

// Where a variable's value came from.
const (
	FromEnvironment = "environment"
	FromDefault     = "default"
	FromFile        = "file"
	FromStack       = "running stack"
	Unused          = "not used"
)

// Variable is one line of `postroom config`.
type Variable struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // secrets masked
	Default string `json:"default"`
	Source  string `json:"source"`
	About   string `json:"about"`
}

// Found notes that a server which no variable names was found running.
func (c *Config) Found(name, url string) {
	for i, v := range c.Variables {
		if v.Name == name && v.Source == FromDefault && url != "" {
			c.Variables[i].Value, c.Variables[i].Source = maskURL(url), FromStack
		}
	}
}

// Error names every variable that can't be used.
type Error struct{ Bad []Bad }

// Bad is one variable that can't be used.
type Bad struct {
	Name    string
	Value   string // secrets masked
	Allowed string
}

func (e *Error) Error() string {
	lines := []string{"the configuration cannot be used:"}
	for _, bad := range e.Bad {
		lines = append(lines, "  "+bad.String())
	}
	return strings.Join(lines, "\n")
}

func (b Bad) String() string {
	return fmt.Sprintf("%s=%q: allowed is %s", b.Name, b.Value, b.Allowed)
}

const masked = "********"

// maskURL hides the password of a URL.
func maskURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return masked // better too little than a password
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") {
			query.Set(name, masked)
			u.RawQuery = query.Encode()
		}
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "x")
		return strings.Replace(u.String(), ":x@", ":"+masked+"@", 1)
	}
	return u.String()
}
