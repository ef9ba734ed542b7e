package api

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"postroom/internal/desk"
)

// answerError is an answer that says no.
type answerError struct {
	status int
	text   string
	plain  bool // the body is the text alone
	silent bool // without error_human
}

func (e *answerError) Error() string { return e.text }

// panicError is a handler that broke.
type panicError struct{ cause, stack string }

func (e *panicError) Error() string { return "panic: " + e.cause }

// invalid refuses a value, with a whole sentence for the client.
func invalid(field, format string, args ...any) error {
	return &desk.InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// answerFor is the table of error and answer: every error of a handler ends here.
func answerFor(err error) (answer answerError, known bool) {
	if known, ok := errors.AsType[*answerError](err); ok {
		return *known, true
	}
	if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
		return answerError{status: http.StatusUnprocessableEntity, text: invalid.Reason}, true
	}
	if missing, ok := errors.AsType[*desk.MissingError](err); ok {
		return answerError{status: http.StatusNotFound, text: missing.Error()}, true
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLargeError(tooLarge.Limit), true
	}
	switch {
	case errors.Is(err, desk.ErrForbidden):
		text := "Not authorized"
		if forbidden, ok := errors.AsType[*desk.ForbiddenError](err); ok {
			text = forbidden.Error()
		}
		return answerError{status: http.StatusForbidden, text: text}, true
	case errors.Is(err, desk.ErrNotFound):
		return answerError{status: http.StatusNotFound, text: "Couldn't find the requested record"}, true
	case errors.Is(err, desk.ErrConflict):
		return answerError{status: http.StatusUnprocessableEntity, text: "This object already exists."}, true
	case errors.Is(err, desk.ErrUnavailable):
		return answerError{status: http.StatusServiceUnavailable, text: "The service is temporarily unavailable. Please try again."}, true
	}
	return answerError{}, false
}

func tooLargeError(limit int64) answerError {
	return answerError{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("The request is larger than the allowed %d bytes.", limit)}
}

// fail answers with an error. What nobody can help by asking differently is logged here, and
// only administrators are told what it was.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // nobody listens any more
	}
	answer, known := answerFor(err)
	if !known {
		answer = s.accident(r, err)
	}
	switch answer.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		w.Header().Set("X-Failure", oneLine(answer.text))
	case http.StatusServiceUnavailable:
		s.Log.WarnContext(r.Context(), "request refused: a store does not answer", "method", r.Method, "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "1")
	}
	writeError(w, r, answer)
}

// accident logs what went wrong and makes the answer that names it.
func (s *Server) accident(r *http.Request, err error) answerError {
	id := randomText(6)
	attrs := []any{"error_id", id, "method", r.Method, "path", r.URL.Path, "error", err}
	who := caller(r)
	if broken, ok := errors.AsType[*panicError](err); ok {
		attrs, who = append(attrs, "stack", broken.stack), nil // a panic's text is for nobody outside
	}
	s.Log.ErrorContext(r.Context(), "request failed", attrs...)
	text := "Error ID " + id + ": Please contact your administrator."
	if who != nil && who.Can("admin") {
		text = err.Error()
	}
	return answerError{status: http.StatusInternalServerError, text: text}
}

var errorPage = template.Must(template.New("error").Parse(
	`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{{.Status}}</title></head>` +
		`<body><h1>{{.Status}}</h1><p>{{.Text}}</p></body></html>` + "\n"))

func writeError(w http.ResponseWriter, r *http.Request, answer answerError) {
	h := w.Header()
	switch {
	case answer.plain:
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(answer.status)
		_, _ = w.Write([]byte(answer.text))
	case wantsPage(r):
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(answer.status)
		status := fmt.Sprintf("%d: %s", answer.status, http.StatusText(answer.status))
		_ = errorPage.Execute(w, struct{ Status, Text string }{status, answer.text})
	default:
		body := record{{"error", answer.text}}
		if !answer.silent {
			body.add("error_human", answer.text)
		}
		h.Set("Content-Type", jsonType)
		w.WriteHeader(answer.status)
		_, _ = w.Write(appendJSON(nil, body))
	}
}

// wantsPage reports whether the client is a browser, which can do more with a page than with JSON.
func wantsPage(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return accept != "" && !strings.Contains(accept, "*/*") && !strings.Contains(accept, "json") || strings.Contains(accept, "text/html")
}

func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return ' '
		}
		return c
	}, text)
}

// noRoute answers for everything that is not in the table.
func (s *Server) noRoute(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, &answerError{status: http.StatusNotFound, text: "No route matches [" + r.Method + "] " + sentPath(r)})
}
