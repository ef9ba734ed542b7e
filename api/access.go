package api

import (
	"errors"
	"net/http"

	"postroom/api/rest"
)

// prompted asks for name and password whoever came without, or with wrong ones.
func prompted(w http.ResponseWriter, r *http.Request, refused error) error {
	answer, is := errors.AsType[*rest.AnswerError](refused)
	if !is || rest.Caller(r) != nil || answer.Status != http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		return refused
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="Postroom", charset="UTF-8"`)
	return rest.Unauthorized(answer.Text)
}

// serve checks a route's access and has it answered.
func (s *Server) serve(r *rest.Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		req.Body = http.MaxBytesReader(w, req.Body, rest.MaxLargeBody)
		req, err := s.signin.Admit(w, req, r.Access)
		defer func() { forgetFiles(req) }()
		if err == nil {
			err = r.Handle(w, req)
		} else if r.Access.Prompt {
			err = prompted(w, req, err)
		}
		if err != nil {
			s.Fail(w, req, err)
		}
	})
}

// forgetFiles deletes what didn't fit into memory of a body with files. net/http does that for the request that
// it made itself, and that of somebody whom we know is a copy.
func forgetFiles(r *http.Request) {
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll() // whatever is left lies in the folder for temporary files
	}
}
