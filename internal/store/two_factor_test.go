package store_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/store/signin"
)

func TestSecondFactorsAreKeptSealed(t *testing.T) {
	t.Parallel()
	b := open(t)
	if err := errors.Join(
		b.PutAuthenticatorApp(t.Context(), 2, "OLD", 9),
		b.PutAuthenticatorApp(t.Context(), 2, "JBSWY3DPEHPK3PXP", 10),
		b.PutRecoveryCodes(t.Context(), 2, [][]byte{credential.HashRecoveryCode("a"), credential.HashRecoveryCode("b")}),
	); err != nil {
		t.Fatal(err)
	}
	all, err := b.SecondFactors(t.Context(), 1, 2)
	if err != nil || len(all) != 1 || len(all[2]) != 2 {
		t.Fatalf("second factors = %+v, %v, want two of user 2", all, err)
	}
	app, codes := all[2][0], all[2][1]
	if app.Method != signin.AuthenticatorApp || *app.Secret != "JBSWY3DPEHPK3PXP" || app.LastStep != 10 || codes.Method != signin.RecoveryCodes || codes.Codes != 2 {
		t.Errorf("second factors = %+v and %+v", app, codes)
	}
	if ask[int](b, `SELECT count(*) FROM user_two_factor_preferences p WHERE p::text LIKE '%JBSWY3DPEHPK3PXP%'`) != 0 {
		t.Error("the secret is kept in clear")
	}
	n, err := b.DeleteSecondFactors(t.Context(), 2, signin.AuthenticatorApp, "none")
	if err != nil || n != 1 || ask[int](b, `SELECT count(*) FROM user_two_factor_preferences`) != 1 {
		t.Errorf("%d deleted, %v, want the app alone", n, err)
	}
}

func TestCodesAreSpentOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	code := credential.HashRecoveryCode("a")
	if err := errors.Join(
		b.PutAuthenticatorApp(t.Context(), 2, "S", 10),
		b.PutRecoveryCodes(t.Context(), 2, [][]byte{code, credential.HashRecoveryCode("b")}),
	); err != nil {
		t.Fatal(err)
	}
	for name, spend := range map[string]func() (bool, error){
		"code of the app": func() (bool, error) { return b.SpendStep(t.Context(), 2, 11) },
		"recovery code":   func() (bool, error) { return b.SpendRecoveryCode(t.Context(), 2, code) },
	} {
		var all sync.WaitGroup
		var spent atomic.Int32
		for range 4 {
			all.Go(func() {
				if ok, err := spend(); err != nil {
					t.Error(err)
				} else if ok {
					spent.Add(1)
				}
			})
		}
		all.Wait()
		if spent.Load() != 1 {
			t.Errorf("%s was spent %d times, want once", name, spent.Load())
		}
	}
	for _, step := range []int64{9, 10, 11} {
		if ok, err := b.SpendStep(t.Context(), 2, step); ok || err != nil {
			t.Errorf("old step %d: %v %v, want it refused", step, ok, err)
		}
	}
	if ok, err := b.SpendRecoveryCode(t.Context(), 1, credential.HashRecoveryCode("b")); ok || err != nil {
		t.Errorf("somebody else's code: %v %v, want it refused", ok, err)
	}
	all, err := b.SecondFactors(t.Context(), 2)
	if err != nil || !slices.ContainsFunc(all[desk.UserID(2)], func(f signin.SecondFactor) bool { return f.Codes == 1 }) {
		t.Errorf("second factors = %+v, %v, want one recovery code left", all, err)
	}
}
