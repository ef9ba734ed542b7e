package objects

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/attribute"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
	"postroom/internal/store/catalog"
	"postroom/internal/store/seal"
	"postroom/internal/store/table"
)

// listObjects answers with the kinds of records that can be given attributes.
func (s *Room) listObjects(w http.ResponseWriter, r *http.Request) error {
	return rest.Reply(w, r, rest.Record{{"objects", attribute.Objects}})
}

// definitionView shows definitions one by one. Where all are listed they look a little different.
func (s *Room) definitionView() rest.View[desk.Attribute] {
	shown := rest.ViewOf(s.House, catalog.Attributes)
	shown.Records = rest.Each(func(a desk.Attribute) rest.Record {
		r := definition(a)
		return append(r[:1:1], append(rest.Record{{"object_lookup_id", lookupID(a.Object)}}, r[1:]...)...)
	})
	return shown
}

// lookupID is the number of a kind of record.
func lookupID(object string) int64 {
	if object == "TicketArticle" {
		object = desk.ObjectArticle
	}
	return workspace.ObjectLookupID(object)
}

func definition(a desk.Attribute) rest.Record {
	return rest.Record{
		{"id", a.ID}, {"name", a.Name}, {"display", a.Display}, {"data_type", a.DataType},
		{"data_option", attribute.Shown(a.DataType, masked(a.DataOption))}, {"data_option_new", masked(a.DataOptionNew)},
		{"editable", a.Editable}, {"active", a.Active}, {"screens", a.Screens},
		{"to_create", a.ToCreate}, {"to_migrate", a.ToMigrate}, {"to_delete", a.ToDelete}, {"to_config", a.ToConfig},
		{"position", a.Position}, {"created_by_id", a.CreatedByID}, {"updated_by_id", a.UpdatedByID},
		{"created_at", a.CreatedAt}, {"updated_at", a.UpdatedAt},
	}
}

func masked(options map[string]any) map[string]any {
	return seal.Mask(options, rest.SecretMask)
}

func listed(a desk.Attribute, uses attribute.Uses) rest.Record {
	users := uses.Of(a)
	r := append(definition(a), rest.Field{Key: "object", Value: a.Object}, rest.Field{Key: "deletable", Value: a.Editable && users == ""})
	if users != "" {
		r.Add("not_deletable_reason", "This attribute is referenced by "+users+" and thus cannot be deleted!")
	}
	return r
}

func (s *Room) listedSample(context.Context) (any, error) {
	return []any{rest.Model{Name: "ListedAttribute", Value: listed(desk.Attribute{}, attribute.Uses{})}}, nil
}

// mostAttributes is far more than anybody typed in.
const mostAttributes = 10_000

func (s *Room) listAttributes(w http.ResponseWriter, r *http.Request) error {
	order := []rest.Order{{Column: "position"}, {Column: "name"}}
	all, err := catalog.Attributes.List(r.Context(), s.Store.DB, table.Filter[desk.AttributeID]{}, order, table.Page{Limit: mostAttributes})
	if err != nil {
		return err
	}
	rules, err := s.Store.Rules(r.Context())
	if err != nil {
		return err
	}
	uses := attribute.UsesIn(rules)
	shown := make([]rest.Record, len(all))
	for i, a := range all {
		shown[i] = listed(a, uses)
	}
	return rest.Reply(w, r, shown)
}

func (s *Room) getAttribute(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := attributeID(r)
	if err != nil {
		return err
	}
	a, err := catalog.Attributes.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	return s.definitionView().One(w, r, p, http.StatusOK, a)
}

func attributeID(r *http.Request) (desk.AttributeID, error) {
	return rest.PathID[desk.AttributeID](r, "id", catalog.Attributes.Class)
}

func (s *Room) createAttribute(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	a := desk.Attribute{Active: true, Screens: map[string]any{}}
	if a.Object, a.Name, err = attribute.Find(in.Params.Text("object"), in.Params.Text("name")); err != nil {
		return err
	}
	if err := readDefinition(in, &a); err != nil {
		return err
	}
	err = s.Store.WriteAttributes(ctx, func(tx *store.Store) error {
		known, err := tx.AttributeNamed(ctx, a.Object, a.Name)
		if err == nil && known != nil {
			err = rest.Invalid("name", "already exists")
		}
		if err != nil {
			return err
		}
		if in.Params.Blank("position") {
			if a.Position, err = tx.NextAttributePosition(ctx, a.Object); err != nil {
				return err
			}
		}
		if err := attribute.New(&a); err != nil {
			return err
		}
		return catalog.Attributes.Insert(ctx, tx.DB, &a, in.Who.User.ID)
	})
	if err != nil {
		return err
	}
	return s.saved(w, r, in.Params, http.StatusCreated, a.ID)
}

// readDefinition takes what a client sent of a definition. What was not sent stays.
func readDefinition(in *rest.Input, a *desk.Attribute) error {
	const maxDisplay = 255
	in.Text(&a.Display, "display", maxDisplay)
	in.Text(&a.DataType, "data_type", maxDisplay)
	in.Flag(&a.Active, "active")
	in.Object(&a.Screens, "screens")
	former := a.DataOption
	in.Object(&a.DataOption, "data_option")
	a.DataOption = seal.Unmask(a.DataOption, former, rest.SecretMask)
	var position *int
	in.Int(&position, "position")
	if position != nil {
		a.Position = *position
	}
	return in.Err
}

// updateAttribute changes the definition that object and name mean, whatever the path says: clients
// rely on it. Who names none means that of the path.
func (s *Room) updateAttribute(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.Input(r)
	if err != nil {
		return err
	}
	id, err := attributeID(r)
	if err != nil {
		return err
	}
	err = s.Store.WriteAttributes(ctx, func(tx *store.Store) error {
		was, err := meant(ctx, tx, in.Params, id)
		if err != nil {
			return err
		}
		becomes := was
		if err := readDefinition(in, &becomes); err != nil {
			return err
		}
		users := ""
		if was.Active && !becomes.Active {
			if users, err = usersOf(ctx, tx, was); err != nil {
				return err
			}
		}
		if err := attribute.Change(was, &becomes, users); err != nil {
			return err
		}
		id = was.ID
		return catalog.Attributes.Save(ctx, tx.DB, &becomes, in.Who.User.ID)
	})
	if err != nil {
		return err
	}
	return s.saved(w, r, in.Params, http.StatusOK, id)
}

// meant finds the definition that a client wants to change.
func meant(ctx context.Context, tx *store.Store, p rest.Params, id desk.AttributeID) (desk.Attribute, error) {
	if p.Blank("object") {
		return catalog.Attributes.Lock(ctx, tx.DB, id)
	}
	object, name, err := attribute.Find(p.Text("object"), p.Text("name"))
	if err != nil {
		return desk.Attribute{}, err
	}
	found, err := tx.AttributeNamed(ctx, object, name)
	if err != nil {
		return desk.Attribute{}, err
	}
	if found == nil {
		return desk.Attribute{}, rest.Invalid("name", "does not exist")
	}
	return *found, nil
}

// usersOf names the rules that need an attribute.
func usersOf(ctx context.Context, tx *store.Store, a desk.Attribute) (string, error) {
	rules, err := tx.Rules(ctx)
	return attribute.UsesIn(rules).Of(a), err
}

// deleteAttribute marks a definition as one that goes with the next migration. One that never was
// migrated goes at once.
func (s *Room) deleteAttribute(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := attributeID(r)
	if err != nil {
		return err
	}
	err = s.Store.WriteAttributes(ctx, func(tx *store.Store) error {
		a, err := catalog.Attributes.Lock(ctx, tx.DB, id)
		if err != nil {
			return err
		}
		users, err := usersOf(ctx, tx, a)
		if err != nil {
			return err
		}
		if err := attribute.Removable(a, users); err != nil {
			return err
		}
		if a.ToCreate {
			return catalog.Attributes.Delete(ctx, tx.DB, id)
		}
		a.ToDelete = true
		return catalog.Attributes.Save(ctx, tx.DB, &a, rest.Caller(r).User.ID)
	})
	if err != nil {
		return err
	}
	s.Changed()
	return rest.Deleted(w)
}

func (s *Room) executeMigrations(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.MigrateAttributes(r.Context(), rest.Caller(r).User.ID); err != nil {
		return err
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

func (s *Room) discardChanges(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.DiscardAttributes(r.Context(), rest.Caller(r).User.ID); err != nil {
		return err
	}
	s.Changed()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

// saved answers with a definition as it is stored now.
func (s *Room) saved(w http.ResponseWriter, r *http.Request, p rest.Params, status int, id desk.AttributeID) error {
	s.Changed()
	a, err := catalog.Attributes.Get(r.Context(), s.Store.DB, id)
	if err != nil {
		return err
	}
	return s.definitionView().One(w, r, p, status, a)
}
