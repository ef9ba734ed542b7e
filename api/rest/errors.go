package rest

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"postroom/internal/desk"
)

// AnswerError is an answer that says no.
type AnswerError struct {
	Status int
	Text   string
	Plain  bool // the body is the text alone
	Silent bool // without error_human
}

func (e *AnswerError) Error() string { return e.Text }

// PanicError is a handler that broke.
type PanicError struct{ Cause, Stack string }

func (e *PanicError) Error() string { return "panic: " + e.Cause }

// Invalid refuses a value, with a whole sentence for the client.
func Invalid(field, format string, args ...any) error {
	return &desk.InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// answerFor is the table of error and answer: every error of a handler ends here.
func answerFor(err error) (answer AnswerError, known bool) {
	if known, ok := errors.AsType[*AnswerError](err); ok {
		return *known, true
	}
	if invalid, ok := errors.AsType[*desk.InvalidError](err); ok {
		return AnswerError{Status: http.StatusUnprocessableEntity, Text: invalid.Reason}, true
	}
	if missing, ok := errors.AsType[*desk.MissingError](err); ok {
		return AnswerError{Status: http.StatusNotFound, Text: missing.Error()}, true
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
		return AnswerError{Status: http.StatusForbidden, Text: text}, true
	case errors.Is(err, desk.ErrNotFound):
		return AnswerError{Status: http.StatusNotFound, Text: "Couldn't find the requested record"}, true
	case errors.Is(err, desk.ErrConflict):
		return AnswerError{Status: http.StatusUnprocessableEntity, Text: "This object already exists."}, true
	case errors.Is(err, desk.ErrUnavailable):
		return AnswerError{Status: http.StatusServiceUnavailable, Text: "The service is temporarily unavailable. Please try again."}, true
	}
	return AnswerError{}, false
}

func tooLargeError(limit int64) AnswerError {
	return AnswerError{Status: http.StatusRequestEntityTooLarge, Text: fmt.Sprintf("The request is larger than the allowed %d bytes.", limit)}
}

// Fail answers with an error. What nobody can help by asking differently is logged here, and
// only administrators are told what it was.
func (s *House) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // nobody listens any more
	}
	answer, known := answerFor(err)
	if !known {
		answer = s.accident(r, err)
	}
	switch answer.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		w.Header().Set("X-Failure", OneLine(answer.Text))
	case http.StatusServiceUnavailable:
		s.Log.WarnContext(r.Context(), "request refused: a store does not answer", "method", r.Method, "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "1")
	}
	writeError(w, r, answer)
}

// accident logs what went wrong and makes the answer that names it.
func (s *House) accident(r *http.Request, err error) AnswerError {
	id := RandomText(6)
	attrs := []any{"error_id", id, "method", r.Method, "path", r.URL.Path, "error", err}
	who := Caller(r)
	if broken, ok := errors.AsType[*PanicError](err); ok {
		attrs, who = append(attrs, "stack", broken.Stack), nil // a panic's text is for nobody outside
	}
	s.Log.ErrorContext(r.Context(), "request failed", attrs...)
	text := "Error ID " + id + ": Please contact your administrator."
	if who != nil && who.Can("admin") {
		text = err.Error()
	}
	return AnswerError{Status: http.StatusInternalServerError, Text: text}
}

var errorPage = template.Must(template.New("error").Parse(
	`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{{.Status}}</title></head>` +
		`<body><h1>{{.Status}}</h1><p>{{.Text}}</p></body></html>` + "\n"))

func writeError(w http.ResponseWriter, r *http.Request, answer AnswerError) {
	h := w.Header()
	switch {
	case answer.Plain:
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(answer.Status)
		_, _ = w.Write([]byte(answer.Text))
	case wantsPage(r):
		h.Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(answer.Status)
		status := fmt.Sprintf("%d: %s", answer.Status, http.StatusText(answer.Status))
		_ = errorPage.Execute(w, struct{ Status, Text string }{status, answer.Text})
	default:
		body := Record{{"error", answer.Text}}
		if !answer.Silent {
			body.Add("error_human", answer.Text)
		}
		h.Set("Content-Type", jsonType)
		w.WriteHeader(answer.Status)
		_, _ = w.Write(AppendJSON(nil, body))
	}
}

// wantsPage reports whether the client is a browser, which can do more with a page than with JSON.
func wantsPage(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return accept != "" && !strings.Contains(accept, "*/*") && !strings.Contains(accept, "json") || strings.Contains(accept, "text/html")
}

func OneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return ' '
		}
		return c
	}, text)
}

func Forbidden(text string) error {
	return &AnswerError{Status: http.StatusForbidden, Text: text}
}

func Unauthorized(text string) error {
	return &AnswerError{Status: http.StatusUnauthorized, Text: text}
}
