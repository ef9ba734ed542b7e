package objects

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"postroom/api/rest"
	"postroom/internal/datasource"
	"postroom/internal/desk"
	"postroom/internal/store/seal"
)

// searchers are those who may search values for attributes of a kind of record: those who may
// write such records.
var searchers = map[string][]string{
	"Ticket":       {"ticket.agent", "ticket.customer"},
	"User":         {"admin.user", "ticket.agent"},
	"Organization": {"admin.organization", "ticket.agent"},
	"Group":        {"admin.group"},
}

// usualFound is how many values are offered, unless more are asked for.
const usualFound = 10

// searchSource answers with the values that another system offers for an attribute.
func (s *Room) searchSource(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	object, name := r.PathValue("object"), r.PathValue("attribute")
	if !in.Who.Can(searchers[object]...) {
		return &desk.ForbiddenError{}
	}
	attributes := in.Catalog.Attributes[object]
	at := slices.IndexFunc(attributes, func(a desk.Attribute) bool {
		return a.Name == name && a.Active && a.Kind() == desk.AttributeExternal
	})
	if at < 0 {
		return &rest.AnswerError{Status: http.StatusNotFound, Text: "Couldn't find ObjectManager::Attribute"}
	}
	found, err := s.sources.Search(r.Context(), attributes[at].DataOption, filling(in), wanted(in.Params))
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"result", shownItems(found)}})
}

// previewSource tries options of a source that an administrator is about to set up.
func (s *Room) previewSource(w http.ResponseWriter, r *http.Request) error {
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	options, _ := in.Params.Object("data_option")
	if options, err = s.unmasked(in, options); err != nil {
		return err
	}
	found, err := s.sources.Search(r.Context(), options, filling(in), wanted(in.Params))
	answer := rest.Record{{"success", err == nil}, {"response_body", found.Answer}, {"parsed_items", shownItems(found)}}
	if err != nil {
		refused, ok := errors.AsType[*desk.InvalidError](err)
		if !ok {
			return err
		}
		answer.Add("error", refused.Reason)
	}
	return rest.WriteJSON(w, http.StatusOK, answer)
}

// unmasked fills in the secrets that the client was not shown, of a source that is set up already.
func (s *Room) unmasked(in *rest.Input, options map[string]any) (map[string]any, error) {
	name := in.Params.Text("name")
	for _, a := range in.Catalog.Attributes[in.Params.Text("object")] {
		if a.Name == name {
			return seal.Unmask(options, a.DataOption, rest.SecretMask), nil
		}
	}
	return options, nil
}

// filling are the values that the address of a source may ask for.
func filling(in *rest.Input) map[string]string {
	who := in.Who.User
	return map[string]string{
		"search.term":    in.Params.Text("query"),
		"user.id":        strconv.FormatInt(int64(who.ID), 10),
		"user.login":     who.Login,
		"user.email":     who.Email,
		"user.firstname": who.Firstname,
		"user.lastname":  who.Lastname,
		"config.fqdn":    in.Catalog.Settings.String("fqdn"),
	}
}

// wanted is how many values are asked for.
func wanted(p rest.Params) int {
	if n, ok := rest.NumberOf(p["limit"]); ok && n > 0 && n < 1000 {
		return int(n)
	}
	return usualFound
}

func shownItems(found datasource.Found) []rest.Record {
	shown := make([]rest.Record, len(found.Items))
	for i, item := range found.Items {
		shown[i] = rest.Record{{"value", item.Value}, {"label", item.Label}}
	}
	return shown
}
