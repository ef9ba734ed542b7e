package mail

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
	"postroom/internal/store/table"
)

// mailAdmins may change what belongs to mail channels of any kind.
var mailAdmins = []string{"admin.channel_email", "admin.channel_google", "admin.channel_microsoft365", "admin.channel_microsoft_graph"}

// signatures shows those out of use only to who may change them.
func (s *Room) signatures() *rest.Resource[desk.Signature, desk.SignatureID] {
	return &rest.Resource[desk.Signature, desk.SignatureID]{
		House:    s.House,
		Table:    accounts.Signatures,
		View:     s.signatureView,
		Sortable: []string{"name", "body", "active", "note"},
		Visible: func(r *http.Request) (table.Filter[desk.SignatureID], error) {
			return table.Filter[desk.SignatureID]{OnlyActive: !rest.Caller(r).Can(mailAdmins...)}, nil
		},
		See: func(r *http.Request, v desk.Signature) (bool, error) {
			if !v.Active && !rest.Caller(r).Can(mailAdmins...) {
				return false, &desk.MissingError{Class: accounts.Signatures.Class, ID: int64(v.ID)}
			}
			return true, nil
		},
		Fresh: func() desk.Signature { return desk.Signature{Active: true} },
		Read:  readSignature,
		Link:  setSignatureGroups,
	}
}

func (s *Room) signatureView(*desk.Caller) rest.View[desk.Signature] {
	shown := rest.ViewOf(s.House, accounts.Signatures)
	shown.Records = rest.Linked(accounts.Signatures.ID, s.Store.SignatureGroups, func(v desk.Signature, groups []desk.GroupID) rest.Record {
		return rest.Record{{"id", v.ID}, {"name", v.Name}, {"body", v.Body}, {"active", v.Active}, {"note", v.Note}}.
			Stamped(v.Stamp).With("group_ids", groups)
	})
	addStamps := shown.Expand
	shown.Expand = func(ctx context.Context, items []desk.Signature, records []rest.Record) error {
		catalog, err := s.Store.Catalog(ctx)
		if err != nil {
			return err
		}
		for i := range items {
			called := []string{}
			for _, id := range records[i].Get("group_ids").([]desk.GroupID) {
				called = append(called, catalog.Groups[id].Name)
			}
			records[i].Add("groups", called)
		}
		return addStamps(ctx, items, records)
	}
	return shown
}

func readSignature(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.Signature) error {
	in.Name(&v.Name)
	in.Html(&v.Body, "body", desk.MaxBody)
	in.Html(&v.Note, "note", rest.MaxNote)
	in.Flag(&v.Active, "active")
	if in.Err != nil {
		return in.Err
	}
	return accounts.Signatures.CheckName(ctx, tx.DB, v.Name, v.ID)
}

func setSignatureGroups(ctx context.Context, tx *store.Store, in *rest.Input, v desk.Signature) error {
	groups, sent, err := rest.IDsNamed(ctx, in.Params, "group", "groups", rest.Among(in.Catalog.Groups, rest.GroupName))
	if err != nil || !sent {
		return err
	}
	return tx.SetSignatureGroups(ctx, v.ID, groups)
}
