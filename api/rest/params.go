package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Sizes of request bodies in bytes.
const (
	maxBody      = 1 << 20
	MaxLargeBody = 64 << 20 // of articles with their attachments
)

// maxNesting is how deep a JSON body may be nested. Nothing a client sends needs more.
const maxNesting = 64

// Params is what a client sent: query, form and JSON body in one map. Its values are text, bool,
// json.Number, nil, []any and map[string]any, all valid UTF-8 without NUL characters.
type Params map[string]any

// ReadParams decodes a request whose body is of usual size.
func ReadParams(r *http.Request) (Params, error) { return ReadParamsUpTo(r, maxBody) }

// ReadParamsUpTo decodes a request. The path's own values are not in it, see pathID.
func ReadParamsUpTo(r *http.Request, limit int64) (Params, error) {
	p := Params{}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, BadRequest("Invalid query string")
	}
	if err := p.addForm(query); err != nil {
		return nil, err
	}
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return p, nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		return p, p.readMultipart(r, limit)
	}
	body, err := ReadBody(r, limit)
	if err != nil {
		return nil, err
	}
	if kind == "application/x-www-form-urlencoded" && !looksLikeJSON(body) {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, BadRequest("Invalid form body")
		}
		return p, p.addForm(form)
	}
	return p, p.addJSON(body)
}

func BadRequest(format string, args ...any) error {
	return &AnswerError{Status: http.StatusBadRequest, Text: fmt.Sprintf(format, args...)}
}

// ReadBody reads a body of at most so many bytes. A larger one is answered 413.
func ReadBody(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge
	}
	if err != nil {
		return nil, BadRequest("The request body ended early")
	}
	if int64(len(body)) > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return body, nil
}

// looksLikeJSON finds JSON that a client sends under the content type its library uses by default.
func looksLikeJSON(body []byte) bool {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '{'
}

func (p Params) readMultipart(r *http.Request, limit int64) error {
	const inMemory = 1 << 20
	r.Body = http.MaxBytesReader(nil, r.Body, limit)
	if err := r.ParseMultipartForm(inMemory); err != nil {
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLarge
		}
		return BadRequest("Invalid multipart body")
	}
	return p.addForm(url.Values(r.MultipartForm.Value))
}

func (p Params) addJSON(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if !utf8.Valid(body) {
		return BadRequest("The request body is not valid UTF-8")
	}
	if depth(body) > maxNesting {
		return BadRequest("The JSON body is nested more than %d levels deep", maxNesting)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return malformed(body, decoder.InputOffset(), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return malformed(body, decoder.InputOffset(), errors.New("unexpected text after the value"))
	}
	if number := beyondFloat(value); number != "" {
		return BadRequest("The number %s is too large", Literal(number))
	}
	object, ok := value.(map[string]any)
	if !ok {
		p["_json"] = cleaned(value) // a list or a single value: few endpoints know what to do with it
		return nil
	}
	for key, value := range object {
		p[strings.ReplaceAll(key, "\x00", "")] = cleaned(value)
	}
	return nil
}

// malformed says where a JSON body stops making sense, so that whoever wrote it can find it.
func malformed(body []byte, offset int64, err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		offset = int64(len(body))
	}
	offset = min(offset, int64(len(body)))
	line := 1 + bytes.Count(body[:offset], []byte("\n"))
	column := offset - int64(bytes.LastIndexByte(body[:offset], '\n'))
	return BadRequest("Malformed JSON at line %d, column %d: %v", line, max(column-1, 1), err)
}

// depth is how deep brackets are nested in JSON text.
func depth(body []byte) int {
	deepest, now, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '{' || c == '['):
			now++
			deepest = max(deepest, now)
		case !quoted && (c == '}' || c == ']'):
			now--
		}
	}
	return deepest
}

// beyondFloat finds a number that JSON allows and no reader of JSON can hold, such as 1e999.
func beyondFloat(value any) json.Number {
	switch v := value.(type) {
	case json.Number:
		if _, err := v.Float64(); err != nil {
			return v
		}
	case []any:
		for _, inner := range v {
			if number := beyondFloat(inner); number != "" {
				return number
			}
		}
	case map[string]any:
		for _, inner := range v {
			if number := beyondFloat(inner); number != "" {
				return number
			}
		}
	}
	return ""
}

// cleaned removes NUL characters, which PostgreSQL can't store, from every text.
func cleaned(value any) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", "")
	case []any:
		for i := range v {
			v[i] = cleaned(v[i])
		}
	case map[string]any:
		for key, inner := range v {
			if strings.Contains(key, "\x00") {
				delete(v, key)
			}
			v[strings.ReplaceAll(key, "\x00", "")] = cleaned(inner)
		}
	}
	return value
}

// addForm adds values of a query or form. a[b]=1 is an object, a[]=1 a list and a[][b]=1 a list of
// objects, as Rails reads them.
func (p Params) addForm(form url.Values) error {
	objects := map[string][]any{}
	for _, key := range slices.Sorted(maps.Keys(form)) {
		name := strings.ReplaceAll(key, "\x00", "")
		list, field, inList := strings.Cut(name, "[][")
		field, closed := strings.CutSuffix(field, "]")
		inList = inList && closed && !strings.Contains(field, "[")
		for i, value := range form[key] {
			if !utf8.ValidString(key) || !utf8.ValidString(value) {
				return BadRequest("The parameters are not valid UTF-8")
			}
			value = strings.ReplaceAll(value, "\x00", "")
			if !inList {
				p.addPath(name, value)
				continue
			}
			if i == len(objects[list]) {
				objects[list] = append(objects[list], map[string]any{})
			}
			objects[list][i].(map[string]any)[field] = value
		}
	}
	for _, list := range slices.Sorted(maps.Keys(objects)) {
		for _, object := range objects[list] {
			p.addPath(list+"[]", object)
		}
	}
	return nil
}

// addPath adds one value under a key such as a, a[], a[b] or a[b][].
func (p Params) addPath(key string, value any) {
	name, rest, nested := strings.Cut(key, "[")
	if !nested || name == "" || !strings.HasSuffix(rest, "]") {
		p[key] = value
		return
	}
	parts := strings.Split(strings.TrimSuffix(rest, "]"), "][")
	if len(parts) > maxNesting {
		return
	}
	object := map[string]any(p)
	for i, part := range append([]string{name}, parts...) {
		last := i == len(parts)
		switch {
		case last:
			object[part] = value
		case i == len(parts)-1 && parts[i] == "":
			list, _ := object[part].([]any)
			object[part] = append(list, value)
			return
		default:
			inner, ok := object[part].(map[string]any)
			if !ok {
				inner = map[string]any{}
				object[part] = inner
			}
			object = inner
		}
	}
}
