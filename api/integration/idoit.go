package integration

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/idoit"
)

// verifyCMDB tries the endpoint and the token that an administrator typed in.
func (s *Room) verifyCMDB(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	known := typed(p)
	opened, err := idoit.Open(s.client(known), known.Endpoint, known.APIToken)
	if err == nil {
		err = opened.Verify(r.Context())
	}
	return outcome(w, r, nil, err)
}

// queryCMDB asks the CMDB what an agent looks for.
func (s *Room) queryCMDB(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	known, err := s.stored(in.Catalog, "idoit")
	if err != nil {
		return err
	}
	filter, _ := in.Params.Object("filter")
	opened, err := idoit.Open(s.client(known), known.Endpoint, known.APIToken)
	var found any
	if err == nil {
		found, err = opened.Query(r.Context(), in.Params.Text("method"), filter)
	}
	return outcome(w, r, rest.Record{{"response", rest.Record{{"result", found}}}}, err)
}

// linkObjects stores which objects of the CMDB a ticket is about.
func (s *Room) linkObjects(w http.ResponseWriter, r *http.Request) error {
	return s.keep(w, r, "idoit", "object_ids")
}
