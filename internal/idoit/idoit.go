// Package idoit asks an i-doit CMDB about its objects, by its JSON-RPC interface.
package idoit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"postroom/internal/desk"
)

const maxAnswer = 4 << 20 // bytes

// CMDB is an i-doit, as one of its tenants sees it.
type CMDB struct {
	client *http.Client
	base   string
	key    string
}

// Open returns a CMDB. Its errors are *desk.InvalidError with the field that is wrong.
func Open(client *http.Client, endpoint, key string) (*CMDB, error) {
	address, err := url.Parse(strings.TrimSpace(endpoint))
	if err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == "" || address.User != nil {
		return nil, &desk.InvalidError{Field: "endpoint", Reason: "Invalid endpoint: an address such as https://idoit.example.com/i-doit/ is needed"}
	}
	if key = strings.TrimSpace(key); key == "" {
		return nil, &desk.InvalidError{Field: "api_token", Reason: "Missing API token"}
	}
	base := strings.TrimSuffix(strings.TrimRight(address.Scheme+"://"+address.Host+address.Path, "/"), "/src/jsonrpc.php")
	return &CMDB{client: client, base: base, key: key}, nil
}

// asked are the methods that only read; what people look for never changes the CMDB.
var asked = map[string]bool{"cmdb.object_types": true, "cmdb.objects": true, "cmdb.object": true, "cmdb.object_type_categories": true}

// Verify reports whether the CMDB knows the key.
func (c *CMDB) Verify(ctx context.Context) error {
	_, err := c.Query(ctx, "cmdb.object_types", nil)
	return err
}

// Query returns what a method says. Objects that are told of by their ids have a link to their page.
func (c *CMDB) Query(ctx context.Context, method string, filter map[string]any) (any, error) {
	if !asked[method] {
		return nil, &desk.InvalidError{Field: "method", Reason: "Unknown method '" + method + "'"}
	}
	params := map[string]any{"apikey": c.key}
	if len(filter) > 0 {
		params["filter"] = filter
	}
	if id, one := filter["id"]; one && method == "cmdb.object" {
		params["id"] = id
	}
	body, err := json.Marshal(map[string]any{"version": "2.0", "jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		return nil, err
	}
	answer, err := c.post(ctx, body)
	if err != nil {
		return nil, err
	}
	return c.linked(answer), nil
}

func (c *CMDB) post(ctx context.Context, body []byte) (any, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/src/jsonrpc.php", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("request failed: %w", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("answer could not be read: %w", err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("i-doit answered with status %d", resp.StatusCode)
	case len(data) > maxAnswer:
		return nil, fmt.Errorf("the answer is larger than %d bytes", maxAnswer)
	}
	var whole struct {
		Result any `json:"result"`
		Error  *struct {
			Message string `json:"message"`
			Data    any    `json:"data"`
		} `json:"error"`
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		return nil, errors.New("the answer is no JSON: the endpoint is not that of an i-doit")
	}
	if whole.Error != nil {
		return nil, errors.New(whole.Error.Message)
	}
	return whole.Result, nil
}

// linked adds to every object the address of its page.
func (c *CMDB) linked(answer any) any {
	list, ok := answer.([]any)
	if !ok {
		return answer
	}
	for _, item := range list {
		object, ok := item.(map[string]any)
		if !ok || object["id"] == nil || object["link"] != nil && object["link"] != "" {
			continue
		}
		object["link"] = c.base + "/?objID=" + url.QueryEscape(fmt.Sprint(object["id"]))
	}
	return answer
}
