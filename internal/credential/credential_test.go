package credential_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"

	"postroom/internal/credential"
)

func TestPasswordFitsItsOwnHashOnly(t *testing.T) {
	t.Parallel()
	hash, err := credential.HashPassword("Grüße & 密码")
	if err != nil {
		t.Fatal(err)
	}
	if want := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$`); !want.MatchString(hash) {
		t.Errorf("hash = %q, want %s", hash, want)
	}
	if again, _ := credential.HashPassword("Grüße & 密码"); again == hash {
		t.Error("two hashes of one password are the same: no salt")
	}
	for password, want := range map[string]bool{"Grüße & 密码": true, "grüße & 密码": false, "": false, "Grüße & 密码 ": false} {
		if got := credential.VerifyPassword(hash, password); got != want {
			t.Errorf("verify %q = %t, want %t", password, got, want)
		}
	}
}

func TestHashesOfOthersAreRead(t *testing.T) {
	t.Parallel()
	// From the test vectors of the reference implementation: argon2id, t=2, m=256, p=1.
	const hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if !credential.VerifyPassword(hash, "password") {
		t.Error("reference vector refused")
	}
	if credential.VerifyPassword(hash, "Password") {
		t.Error("wrong password accepted")
	}
}

func TestHashesOfSHA256AreWrapped(t *testing.T) {
	t.Parallel()
	// SHA-256 of "abc", from FIPS 180-2.
	hash, err := credential.WrapSHA256("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"abc": true, "ABC": false, "": false, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad": false} {
		if got := credential.VerifyPassword(hash, password); got != want {
			t.Errorf("verify %q = %t, want %t", password, got, want)
		}
	}
}

func TestDamagedHashFitsNothing(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{
		"", "password", "$argon2id$", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=0$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=256,t=2,p=1$!$!",
	} {
		if credential.VerifyPassword(hash, "password") || credential.VerifyPassword(hash, "") {
			t.Errorf("hash %q accepted a password", hash)
		}
	}
}

func TestLongPasswords(t *testing.T) {
	t.Parallel()
	if _, err := credential.HashPassword(strings.Repeat("ü", credential.MaxPassword)); err != nil {
		t.Errorf("password of %d characters: %v", credential.MaxPassword, err)
	}
	if _, err := credential.HashPassword(strings.Repeat("x", credential.MaxPassword+1)); err == nil {
		t.Error("a longer one was accepted")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	a, b := credential.NewToken(), credential.NewToken()
	if want := regexp.MustCompile(`^[A-Za-z0-9_-]{64}$`); !want.MatchString(a) || a == b {
		t.Errorf("tokens %q and %q, want two different ones of 64 url-safe characters", a, b)
	}
	if len(credential.HashToken(a)) != 32 || string(credential.HashToken(a)) == string(credential.HashToken(b)) {
		t.Error("hashes of tokens don't tell them apart")
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	hash, err := credential.HashPassword("together")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if !credential.VerifyPassword(hash, "together") {
				t.Error("right password refused")
			}
		})
	}
	all.Wait()
}
