// Package datasource asks other systems for the values of an attribute.
//
// An attribute's options say where to search and what of the answer counts. It knows no records:
// what an address needs of them is handed in.
package datasource

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/egress"
)

// What another system may cost us.
const (
	maxAnswer    = 4 << 20 // bytes
	mostFound    = 200
	maxRedirects = 3
)

// Client asks other systems.
type Client struct {
	strict, lenient *http.Client // the lenient one takes any certificate
}

// New returns a Client that asks where the policy lets it.
func New(to egress.Policy) *Client {
	return &Client{
		strict:  to.Client(egress.Options{Redirects: maxRedirects}),
		lenient: to.Client(egress.Options{Redirects: maxRedirects, Insecure: true}),
	}
}

// Item is one value to choose.
type Item struct{ Value, Label string }

// Found is what another system answered.
type Found struct {
	Answer any    // the whole of it, for who sets the source up; nil: there was none
	Items  []Item // what counts of it
}

// Search asks for values. values fill the address in: search.term is what somebody typed, and so on.
// Its errors are *desk.InvalidError: somebody has to look at the options, or at the other system.
func (c *Client) Search(ctx context.Context, options map[string]any, values map[string]string, limit int) (Found, error) {
	req, err := request(ctx, options, values)
	if err != nil {
		return Found{}, err
	}
	client := c.strict
	if options["verify_ssl"] == false || options["verify_ssl"] == "false" {
		client = c.lenient
	}
	resp, err := client.Do(req)
	if err != nil {
		return Found{}, broken("Search request failed: %v", withoutAddress(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return Found{}, broken("Search request failed: %v", withoutAddress(err))
	}
	switch {
	case resp.StatusCode != http.StatusOK:
		return Found{}, broken("Search request failed with status %d", resp.StatusCode)
	case len(body) > maxAnswer:
		return Found{}, broken("Search result is larger than %d bytes", maxAnswer)
	}
	var found Found
	if err := json.Unmarshal(body, &found.Answer); err != nil {
		return Found{}, broken("Search result is no JSON")
	}
	found.Items, err = items(found.Answer, options, min(limit, mostFound))
	return found, err
}

func request(ctx context.Context, options map[string]any, values map[string]string) (*http.Request, error) {
	address, err := url.Parse(fill(text(options, "search_url"), values))
	if err != nil || address.Scheme != "http" && address.Scheme != "https" || address.Host == "" {
		return nil, broken("Search URL is missing or no http or https address")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, broken("Search URL can't be used")
	}
	req.Header.Set("Accept", "application/json")
	switch text(options, "http_auth_type") {
	case "basic_auth":
		req.SetBasicAuth(text(options, "http_basic_auth_username"), text(options, "http_basic_auth_password"))
	case "bearer_token":
		req.Header.Set("Authorization", "Bearer "+text(options, "bearer_token_auth"))
	}
	return req, nil
}

var placeholder = regexp.MustCompile(`#\{([^{}]*)\}`)

// fill writes values into an address, each as text of a query. What is not known is nothing.
func fill(address string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(address, func(found string) string {
		return url.QueryEscape(values[strings.TrimSpace(found[2:len(found)-1])])
	})
}

// items picks the values out of an answer: where the list lies, and what of its entries counts.
func items(answer any, options map[string]any, limit int) ([]Item, error) {
	at, ok := dig(answer, text(options, "search_result_list_key"))
	list, isList := at.([]any)
	if !ok || !isList {
		return nil, broken("Search result list key %q was not found or is no list", text(options, "search_result_list_key"))
	}
	found := []Item{}
	for _, entry := range list[:min(limit, len(list))] {
		value, ok := scalar(entry, text(options, "search_result_value_key"))
		if !ok {
			return nil, broken("Search result value key %q was not found or is no text or number", text(options, "search_result_value_key"))
		}
		label, ok := scalar(entry, text(options, "search_result_label_key"))
		if !ok {
			return nil, broken("Search result label key %q was not found or is no text or number", text(options, "search_result_label_key"))
		}
		found = append(found, Item{value, label})
	}
	return found, nil
}

// dig follows a path such as data.items; an empty one stays where it is.
func dig(value any, path string) (any, bool) {
	if path == "" {
		return value, true
	}
	for key := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[key]; !ok {
			return nil, false
		}
	}
	return value, true
}

// scalar is dig for a text, a number or a switch.
func scalar(value any, path string) (string, bool) {
	at, ok := dig(value, path)
	switch v := at.(type) {
	case string:
		return v, ok
	case float64, bool:
		plain, _ := json.Marshal(v) // both can be written
		return string(plain), ok
	}
	return "", false
}

func text(options map[string]any, key string) string {
	value, _ := options[key].(string)
	return strings.TrimSpace(value)
}

// withoutAddress takes the address out of an error of net/http: it may hold a secret.
func withoutAddress(err error) error {
	if wrapped, ok := err.(*url.Error); ok {
		return wrapped.Err
	}
	return err
}

func broken(format string, args ...any) error {
	return &desk.InvalidError{Field: "data_option", Reason: fmt.Sprintf(format, args...)}
}
