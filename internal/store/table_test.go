package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
	"postroom/internal/store/catalog"
	"postroom/internal/store/table"
)

func TestChangesOfOneRecordAtTheSameTimeAllHappen(t *testing.T) {
	t.Parallel()
	b := open(t)
	signature := desk.Signature{Name: "Sales", Active: true}
	if err := accounts.Signatures.Insert(t.Context(), b.Store.DB, &signature, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	const changes = 10
	for range changes {
		all.Go(func() {
			err := b.InTx(t.Context(), func(tx *store.Store) error {
				v, err := accounts.Signatures.Lock(t.Context(), tx.DB, signature.ID)
				if err != nil {
					return err
				}
				v.Body += "x"
				return accounts.Signatures.Save(t.Context(), tx.DB, &v, desk.SystemUser)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := accounts.Signatures.Get(t.Context(), b.Store.DB, signature.ID)
	if want := strings.Repeat("x", changes); err != nil || got.Body != want {
		t.Errorf("body = %q, %v after %d changes that add a letter each, want %q", got.Body, err, changes, want)
	}
}

func TestFilterOfATable(t *testing.T) {
	t.Parallel()
	b := open(t)
	var ids []desk.SignatureID
	for _, v := range []desk.Signature{
		{Name: "Sales", Body: "100% yours", Active: true}, {Name: "Support", Note: "sales too"}, {Name: "Billing", Active: true},
	} {
		if err := accounts.Signatures.Insert(t.Context(), b.Store.DB, &v, desk.SystemUser); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	type filter = table.Filter[desk.SignatureID]
	for _, tc := range []struct {
		name   string
		filter filter
		want   []desk.SignatureID
	}{
		{"a word", filter{Words: []string{"sales"}, IDs: ids}, ids[:2]},
		{"a word with a sign of patterns", filter{Words: []string{"0%"}, IDs: ids}, ids[:1]},
		{"two words", filter{Words: []string{"sales", "supp"}, IDs: ids}, ids[1:2]},
		{"in use", filter{IDs: ids, OnlyActive: true}, []desk.SignatureID{ids[0], ids[2]}},
		{"no ids", filter{IDs: []desk.SignatureID{}}, nil},
	} {
		found, err := accounts.Signatures.List(t.Context(), b.Store.DB, tc.filter, nil, table.Page{Limit: 10})
		var got []desk.SignatureID
		for _, v := range found {
			got = append(got, v.ID)
		}
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: found %v, %v, want %v", tc.name, got, err, tc.want)
		}
		if n, err := accounts.Signatures.Count(t.Context(), b.Store.DB, tc.filter); err != nil || n != len(tc.want) {
			t.Errorf("%s: counted %d, %v, want %d", tc.name, n, err, len(tc.want))
		}
	}
}

func TestRecordThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	b := open(t)
	_, get := catalog.Priorities.Get(t.Context(), b.Store.DB, 99)
	for what, err := range map[string]error{"get": get, "delete": catalog.Priorities.Delete(t.Context(), b.Store.DB, 99)} {
		missing, ok := errors.AsType[*desk.MissingError](err)
		if !ok || missing.Class != "Ticket::Priority" || missing.ID != 99 {
			t.Errorf("%s of priority 99: %v, want a MissingError that names it", what, err)
		}
	}
}
