package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/store"
)

func TestChangesOfOneRecordAtTheSameTimeAllHappen(t *testing.T) {
	t.Parallel()
	b := open(t)
	signature := desk.Signature{Name: "Sales", Active: true}
	if err := store.Signatures.Insert(t.Context(), b.Store, &signature, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	const changes = 10
	for range changes {
		all.Go(func() {
			err := b.InTx(t.Context(), func(tx *store.Store) error {
				v, err := store.Signatures.Lock(t.Context(), tx, signature.ID)
				if err != nil {
					return err
				}
				v.Body += "x"
				return store.Signatures.Save(t.Context(), tx, &v, desk.SystemUser)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := store.Signatures.Get(t.Context(), b.Store, signature.ID)
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
		if err := store.Signatures.Insert(t.Context(), b.Store, &v, desk.SystemUser); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, v.ID)
	}
	type filter = store.Filter[desk.SignatureID]
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
		found, err := store.Signatures.List(t.Context(), b.Store, tc.filter, nil, store.Page{Limit: 10})
		var got []desk.SignatureID
		for _, v := range found {
			got = append(got, v.ID)
		}
		if err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: found %v, %v, want %v", tc.name, got, err, tc.want)
		}
		if n, err := store.Signatures.Count(t.Context(), b.Store, tc.filter); err != nil || n != len(tc.want) {
			t.Errorf("%s: counted %d, %v, want %d", tc.name, n, err, len(tc.want))
		}
	}
}

func TestRecordThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	b := open(t)
	_, get := store.Priorities.Get(t.Context(), b.Store, 99)
	for what, err := range map[string]error{"get": get, "delete": store.Priorities.Delete(t.Context(), b.Store, 99)} {
		missing, ok := errors.AsType[*desk.MissingError](err)
		if !ok || missing.Class != "Ticket::Priority" || missing.ID != 99 {
			t.Errorf("%s of priority 99: %v, want a MissingError that names it", what, err)
		}
	}
}
