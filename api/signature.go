package api

import (
	"context"
	"net/http"

	"postroom/internal/desk"
	"postroom/internal/store"
)

// mailAdmins may change what belongs to mail channels of any kind.
var mailAdmins = []string{"admin.channel_email", "admin.channel_google", "admin.channel_microsoft365", "admin.channel_microsoft_graph"}

// signatures shows those out of use only to who may change them.
func (s *Server) signatures() *resource[desk.Signature, desk.SignatureID] {
	return &resource[desk.Signature, desk.SignatureID]{
		server:   s,
		table:    store.Signatures,
		view:     s.signatureView,
		sortable: []string{"name", "body", "active", "note"},
		visible: func(r *http.Request) (store.Filter[desk.SignatureID], error) {
			return store.Filter[desk.SignatureID]{OnlyActive: !caller(r).Can(mailAdmins...)}, nil
		},
		see: func(r *http.Request, v desk.Signature) (bool, error) {
			if !v.Active && !caller(r).Can(mailAdmins...) {
				return false, &desk.MissingError{Class: store.Signatures.Class, ID: int64(v.ID)}
			}
			return true, nil
		},
		fresh: func() desk.Signature { return desk.Signature{Active: true} },
		read:  readSignature,
		link:  setSignatureGroups,
	}
}

func (s *Server) signatureView(*desk.Caller) view[desk.Signature] {
	shown := viewOf(s, store.Signatures)
	shown.records = linked(store.Signatures.ID, s.Store.SignatureGroups, func(v desk.Signature, groups []desk.GroupID) record {
		return record{{"id", v.ID}, {"name", v.Name}, {"body", v.Body}, {"active", v.Active}, {"note", v.Note}}.
			stamped(v.Stamp).with("group_ids", groups)
	})
	addStamps := shown.expand
	shown.expand = func(ctx context.Context, items []desk.Signature, records []record) error {
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
		return addStamps(ctx, items, records)
	}
	return shown
}

func readSignature(ctx context.Context, tx *store.Store, in *input, v *desk.Signature) error {
	in.name(&v.Name)
	in.html(&v.Body, "body", desk.MaxBody)
	in.html(&v.Note, "note", maxNote)
	in.flag(&v.Active, "active")
	if in.err != nil {
		return in.err
	}
	return store.Signatures.CheckName(ctx, tx, v.Name, v.ID)
}

func setSignatureGroups(ctx context.Context, tx *store.Store, in *input, v desk.Signature) error {
	groups, sent, err := idsNamed(ctx, in.p, "group", "groups", among(in.catalog.Groups, groupName))
	if err != nil || !sent {
		return err
	}
	return tx.SetSignatureGroups(ctx, v.ID, groups)
}
