package api

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"postroom/api/rest"
)

// documentPath is where the OpenAPI document is. Its end is part of its name.
const documentPath = "/api/v1/openapi.json"

// serveDocument answers with the OpenAPI document of everything in the table. It is worked out
// anew for each request: what custom attributes there are changes, and who asks for it asks once.
func (s *Server) serveDocument(w http.ResponseWriter, r *http.Request) error {
	document, err := s.document(r.Context())
	if err != nil {
		return err
	}
	return rest.Reply(w, r, document)
}

// document describes the table of routes after the OpenAPI Specification, version 3.1.0.
func (s *Server) document(ctx context.Context) (rest.Schema, error) {
	schemas := &rest.Schemas{Models: map[string]rest.Schema{"Error": {
		"type":       "object",
		"properties": rest.Schema{"error": rest.Schema{}, "error_human": rest.Schema{"type": "string"}},
	}}}
	paths := map[string]rest.Schema{}
	for _, route := range s.routes {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if method == "PROPFIND" { // OpenAPI knows HTTP's own methods only
			continue
		}
		path = wildcard.ReplaceAllString(path, "{$1}")
		operation, err := operationOf(ctx, schemas, route, method, path)
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", route.Pattern, err)
		}
		if paths[path] == nil {
			paths[path] = rest.Schema{}
		}
		paths[path][strings.ToLower(method)] = operation
	}
	return rest.Schema{
		"openapi": "3.1.0",
		"info": rest.Schema{
			"title": "Postroom", "version": s.version, "license": rest.Schema{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "A helpdesk without a front end. Timestamps are UTC with milliseconds; spans are in the unit their name tells.",
		},
		"paths": paths,
		"components": rest.Schema{
			"schemas": schemas.Models,
			"securitySchemes": rest.Schema{
				"basic":   rest.Schema{"type": "http", "scheme": "basic"},
				"bearer":  rest.Schema{"type": "http", "scheme": "bearer"},
				"token":   rest.Schema{"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token token=…"},
				"session": rest.Schema{"type": "apiKey", "in": "header", "name": "X-CSRF-Token", "description": "Beside the session cookie."},
			},
		},
	}, nil
}

// wildcard is what a pattern leaves open; {name...} is the rest of a path.
var wildcard = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)

func operationOf(ctx context.Context, schemas *rest.Schemas, route *rest.Route, method, path string) (rest.Schema, error) {
	responses, err := responsesOf(ctx, schemas, route)
	if err != nil {
		return nil, err
	}
	operation := rest.Schema{
		"operationId": operationID(method, path),
		"tags":        []string{tagOf(path)},
		"parameters":  parametersOf(route, path),
		"responses":   responses,
	}
	if !route.Access.Public {
		need := []string{} // the words of OpenAPI 3.1 for roles of schemes other than oauth2
		need = append(need, route.Access.AnyOf...)
		operation["x-permissions"] = need
		operation["security"] = []rest.Schema{{"token": []string{}}, {"bearer": []string{}}, {"basic": []string{}}, {"session": []string{}}}
	}
	if route.Doc.Body != nil {
		body, err := route.Doc.Body(ctx)
		if err != nil {
			return nil, err
		}
		operation["requestBody"] = rest.Schema{"content": rest.Schema{"application/json": rest.Schema{"schema": schemas.Of(body)}}}
	}
	return operation, nil
}

func responsesOf(ctx context.Context, schemas *rest.Schemas, route *rest.Route) (rest.Schema, error) {
	status := route.Doc.Status
	if status == 0 {
		status = http.StatusOK
	}
	success := rest.Schema{"description": http.StatusText(status)}
	switch {
	case route.Doc.Media != "":
		content := rest.Schema{route.Doc.Media: rest.Schema{}}
		if route.Doc.Answer != nil { // it is JSON where that is asked for
			answer, err := route.Doc.Answer(ctx)
			if err != nil {
				return nil, err
			}
			content["application/json"] = rest.Schema{"schema": schemas.Of(answer)}
		}
		success["content"] = content
	case route.Doc.Answer != nil:
		answer, err := route.Doc.Answer(ctx)
		if err != nil {
			return nil, err
		}
		success["content"] = rest.Schema{"application/json": rest.Schema{"schema": schemas.Of(answer)}}
	default:
		success["content"] = rest.Schema{"application/json": rest.Schema{"schema": rest.Schema{"type": "object"}}}
	}
	refusal := rest.Schema{
		"description": "Refused, with the reason",
		"content":     rest.Schema{"application/json": rest.Schema{"schema": rest.Schema{"$ref": "#/components/schemas/Error"}}},
	}
	return rest.Schema{fmt.Sprint(status): success, "default": refusal}, nil
}

func parametersOf(route *rest.Route, path string) []rest.Schema {
	parameters := []rest.Schema{}
	for _, found := range wildcard.FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, rest.Schema{"name": found[1], "in": "path", "required": true, "schema": rest.Schema{"type": "string"}})
	}
	for _, name := range route.Doc.Query {
		parameters = append(parameters, rest.Schema{"name": name, "in": "query", "schema": rest.Schema{"type": "string"}})
	}
	return parameters
}

// operationID is unique because method and path are.
func operationID(method, path string) string {
	return strings.ToLower(method) + strings.NewReplacer("/api/v1", "", "/", "_", "{", "", "}", "", ".", "_").Replace(path)
}

// tagOf groups operations by the first part of their path.
func tagOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, "/api/v1"), "/"), "/")
	return first
}
