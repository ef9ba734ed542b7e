package api

import (
	"context"
	"net/http"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
)

func (s *Server) signatureView() view[desk.Signature] {
	return view[desk.Signature]{
		model:   "Signature",
		id:      func(v desk.Signature) int64 { return int64(v.ID) },
		records: s.signatureRecords,
		expand: func(ctx context.Context, items []desk.Signature, records []record) error {
			catalog, err := s.Store.Catalog(ctx)
			if err != nil {
				return err
			}
			for i := range items {
				called := []string{}
				for _, id := range records[i].get("group_ids").([]desk.GroupID) {
					called = append(called, catalog.Groups[id].Name)
				}
				records[i].add("groups", called)
			}
			return s.addStamps(ctx, stampsOf(items, func(v desk.Signature) desk.Stamp { return v.Stamp }), records)
		},
	}
}

func (s *Server) signatureRecords(ctx context.Context, items []desk.Signature) ([]record, error) {
	ids := make([]desk.SignatureID, len(items))
	for i, v := range items {
		ids[i] = v.ID
	}
	groups, err := s.Store.SignatureGroups(ctx, ids)
	if err != nil {
		return nil, err
	}
	records := make([]record, len(items))
	for i, v := range items {
		r := record{{"id", v.ID}, {"name", v.Name}, {"body", v.Body}, {"active", v.Active}, {"note", v.Note}}
		r.stamped(v.Stamp)
		r.add("group_ids", groups[v.ID])
		records[i] = r
	}
	return records, nil
}

// mailAdmins may change what belongs to mail channels of any kind.
var mailAdmins = []string{"admin.channel_email", "admin.channel_google", "admin.channel_microsoft365", "admin.channel_microsoft_graph"}

var sortableSignatures = []string{"id", "name", "body", "active", "note", "created_at", "updated_at", "created_by_id", "updated_by_id"}

func (s *Server) listSignatures(w http.ResponseWriter, r *http.Request) error {
	p, page, err := listParams(r, indexPages)
	if err != nil {
		return err
	}
	orders, err := ordering(p, sortableSignatures, false)
	if err != nil {
		return err
	}
	signatures, err := s.Store.ListSignatures(r.Context(), !caller(r).Can(mailAdmins...), orders, page)
	if err != nil {
		return err
	}
	return s.signatureView().list(w, r, p, signatures, func() (int, error) {
		all, err := s.Store.SignatureNames(r.Context())
		return len(all), err
	})
}

func (s *Server) getSignature(w http.ResponseWriter, r *http.Request) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	id, err := pathID[desk.SignatureID](r, "id", "Signature")
	if err != nil {
		return err
	}
	signature, err := s.Store.Signature(r.Context(), id)
	if err != nil {
		return err
	}
	if !signature.Active && !caller(r).Can(mailAdmins...) {
		return &desk.MissingError{Class: "Signature", ID: int64(id)}
	}
	return s.signatureView().one(w, r, p, http.StatusOK, signature)
}

func (s *Server) createSignature(w http.ResponseWriter, r *http.Request) error {
	return s.writeSignature(w, r, http.StatusCreated, func(context.Context, *store.Store) (desk.Signature, error) {
		return desk.Signature{Active: true}, nil
	}, func(ctx context.Context, tx *store.Store, v *desk.Signature) error { return tx.InsertSignature(ctx, v) })
}

func (s *Server) updateSignature(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.SignatureID](r, "id", "Signature")
	if err != nil {
		return err
	}
	return s.writeSignature(w, r, http.StatusOK, func(ctx context.Context, tx *store.Store) (desk.Signature, error) {
		return tx.Signature(ctx, id)
	}, func(ctx context.Context, tx *store.Store, v *desk.Signature) error { return tx.SaveSignature(ctx, *v) })
}

func (s *Server) writeSignature(w http.ResponseWriter, r *http.Request, status int,
	load func(context.Context, *store.Store) (desk.Signature, error), save func(context.Context, *store.Store, *desk.Signature) error,
) error {
	p, err := readParams(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	catalog, err := s.catalog(r)
	if err != nil {
		return err
	}
	var v desk.Signature
	err = s.Store.InTx(ctx, func(tx *store.Store) (err error) {
		if v, err = load(ctx, tx); err != nil {
			return err
		}
		if err := readSignature(p, &v); err != nil {
			return err
		}
		if err := tx.CheckSignatureName(ctx, v); err != nil {
			return err
		}
		v.UpdatedByID = caller(r).User.ID
		if err := save(ctx, tx, &v); err != nil {
			return err
		}
		return setSignatureGroups(ctx, tx, catalog, p, v.ID)
	})
	if err != nil {
		return err
	}
	s.changed()
	if v, err = s.Store.Signature(ctx, v.ID); err != nil {
		return err
	}
	return s.signatureView().one(w, r, p, status, v)
}

func readSignature(p params, v *desk.Signature) error {
	if err := p.setText(&v.Name, "name", maxName); err != nil {
		return err
	}
	if err := p.setText(&v.Body, "body", desk.MaxBody); err != nil {
		return err
	}
	if err := p.setText(&v.Note, "note", maxNote); err != nil {
		return err
	}
	p.setBool(&v.Active, "active")
	v.Name = strings.TrimSpace(v.Name)
	for key, html := range map[string]*string{"body": &v.Body, "note": &v.Note} {
		if p.has(key) {
			*html, _ = richtext.Sanitize(*html, richtext.Options{})
		}
	}
	return nil
}

func setSignatureGroups(ctx context.Context, tx *store.Store, catalog *desk.Catalog, p params, id desk.SignatureID) error {
	known := func(context.Context, []desk.GroupID) (map[desk.GroupID]bool, error) {
		all := map[desk.GroupID]bool{}
		for id := range catalog.Groups {
			all[id] = true
		}
		return all, nil
	}
	byName := func(context.Context, []string) (map[string]desk.GroupID, error) {
		all := map[string]desk.GroupID{}
		for id, group := range catalog.Groups {
			all[group.Name] = id
		}
		return all, nil
	}
	groups, sent, err := idsNamed(ctx, p, "group", "groups", known, byName)
	if err != nil || !sent {
		return err
	}
	return tx.SetSignatureGroups(ctx, id, groups)
}

func (s *Server) deleteSignature(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID[desk.SignatureID](r, "id", "Signature")
	if err != nil {
		return err
	}
	if err := s.Store.DeleteSignature(r.Context(), id); err != nil {
		return err
	}
	s.changed()
	return deleted(w)
}
