package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract checks answers against the OpenAPI document of a server.
type contract struct {
	compiler *jsonschema.Compiler
	paths    map[string]map[string]any // what the document says of each pattern

	mu       sync.Mutex
	compiled map[string]*jsonschema.Schema // by place in the document
}

const documentURL = "https://example.com/openapi.json"

func newContract(data []byte) (*contract, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	c := &contract{compiler: jsonschema.NewCompiler(), paths: map[string]map[string]any{}, compiled: map[string]*jsonschema.Schema{}}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	if err := c.compiler.AddResource(documentURL, document); err != nil {
		return nil, err
	}
	for path, operations := range document.(map[string]any)["paths"].(map[string]any) {
		for method, operation := range operations.(map[string]any) {
			pattern := strings.ToUpper(method) + " " + path
			c.paths[pattern] = operation.(map[string]any)
		}
	}
	return c, nil
}

// check returns what an answer has that the document doesn't allow.
func (c *contract) check(req *http.Request, status int, header http.Header, body []byte) error {
	pattern := c.pattern(req)
	operation, known := c.paths[pattern]
	if !known || !strings.HasPrefix(header.Get("Content-Type"), "application/json") || len(body) == 0 {
		return nil
	}
	code := fmt.Sprint(status)
	responses := operation["responses"].(map[string]any)
	if _, documented := responses[code]; !documented {
		if status < 400 {
			return fmt.Errorf("%s: status %d is not documented", pattern, status)
		}
		code = "default"
	}
	content, _ := responses[code].(map[string]any)["content"].(map[string]any)
	if _, isJSON := content["application/json"]; !isJSON {
		return fmt.Errorf("%s: JSON is not documented for %s", pattern, code)
	}
	schema, err := c.schema(pattern, code)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%s: %s: %w", pattern, code, err)
	}
	return nil
}

// pattern finds what a request asks for. Of two that fit, that one is meant which has a word where
// the other one first leaves something open.
func (c *contract) pattern(req *http.Request) (best string) {
	asked := strings.Split(req.Method+" "+strings.TrimRight(req.URL.Path, "/"), "/")
	open := func(part string) bool { return strings.HasPrefix(part, "{") }
	var chosen []string
	for pattern := range c.paths {
		parts := strings.Split(pattern, "/")
		if len(parts) != len(asked) {
			continue
		}
		fits, closer := true, chosen == nil
		for i, part := range parts {
			fits = fits && (open(part) || part == asked[i])
			if !closer && open(part) != open(chosen[i]) {
				closer = !open(part)
				fits = fits && closer
			}
		}
		if fits {
			best, chosen = pattern, parts
		}
	}
	return best
}

func (c *contract) schema(pattern, code string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	method, path, _ := strings.Cut(pattern, " ")
	escaped := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(path)
	place := documentURL + "#/paths/" + escaped + "/" + strings.ToLower(method) + "/responses/" + code + "/content/application~1json/schema"
	if schema, known := c.compiled[place]; known {
		return schema, nil
	}
	schema, err := c.compiler.Compile(place)
	if err == nil {
		c.compiled[place] = schema
	}
	return schema, err
}

// contracts keeps the contract of the table, which is the same for all servers of a process.
type contracts struct {
	once sync.Once
	it   *contract
	err  error
}

func (d *helpdesk) contract() (*contract, error) {
	documented.once.Do(func() {
		resp, err := http.Get(d.URL + "/api/v1/openapi.json")
		if err != nil {
			documented.err = err
			return
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			documented.err = fmt.Errorf("the OpenAPI document: %s", resp.Status)
			return
		}
		var data json.RawMessage
		if documented.err = json.NewDecoder(resp.Body).Decode(&data); documented.err == nil {
			documented.it, documented.err = newContract(data)
		}
	})
	return documented.it, documented.err
}

var documented contracts
