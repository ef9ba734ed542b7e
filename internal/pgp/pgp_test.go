package pgp_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postroom/internal/devstack/host"
	"postroom/internal/pgp"
)

const content = "Content-Type: text/plain\r\n\r\nGood news.\r\n"

// gnupg is the other side, with keys of its own.
type gnupg struct {
	t             *testing.T
	program, home string
}

func newGnuPG(t *testing.T) *gnupg {
	t.Helper()
	program := host.Tool(t, "gpg", "gnupg")
	home, err := os.MkdirTemp("", "pgp") // the agent's socket wants a short path
	if err != nil {
		t.Fatal(err)
	}
	g := &gnupg{t, program, home}
	for range 5 { // it waits five seconds for its agent, which a busy machine may take longer to start
		if exec.Command("gpgconf", "--homedir", home, "--launch", "gpg-agent").Run() == nil {
			break
		}
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	return g
}

func (g *gnupg) try(input string, args ...string) (out, said string, err error) {
	args = append([]string{"--homedir", g.home, "--batch", "--quiet", "--no-tty", "--ignore-time-conflict", "--ignore-valid-from", "--trust-model", "always", "--pinentry-mode", "loopback"}, args...)
	command := exec.Command(g.program, args...)
	command.Stdin = strings.NewReader(input)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	return stdout.String(), stderr.String(), err
}

func (g *gnupg) run(input string, args ...string) string {
	g.t.Helper()
	out, said, err := g.try(input, args...)
	if err != nil {
		g.t.Fatalf("gpg %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return out
}

// newKey makes a key and returns its two halves.
func (g *gnupg) newKey(name, algorithm, passphrase, expires string) (public, secret string) {
	g.t.Helper()
	g.run("", "--passphrase", passphrase, "--quick-gen-key", name, algorithm, "default", expires)
	return g.run("", "--armor", "--export", "="+name), g.run("", "--passphrase", passphrase, "--armor", "--export-secret-keys", "="+name)
}

func read(t *testing.T, text, passphrase string) *pgp.Key {
	t.Helper()
	key, err := pgp.ReadKey(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := key.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	return key
}

func TestGnuPGUnderstandsUs(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"default", "future-default"} {
		g := newGnuPG(t)
		_, secret := g.newKey("Desk <desk@example.com>", algorithm, "open sesame", "1y")
		public, _ := g.newKey("Ann <ann@example.com>", algorithm, "", "never")
		desk, ann := read(t, secret, "open sesame"), read(t, public, "")
		now := time.Now().Add(2 * time.Second) // a key is not valid before it was made, to the second
		signature, micalg, err := pgp.Sign([]byte(content), desk, now)
		if err != nil || micalg == "" {
			t.Fatalf("%s: %q, %v", algorithm, micalg, err)
		}
		file := filepath.Join(g.home, "signature")
		if err := os.WriteFile(file, signature, 0o600); err != nil {
			t.Fatal(err)
		}
		g.run(content, "--verify", file, "-")
		message, err := pgp.Encrypt([]byte(content), []*pgp.Key{ann}, desk, now)
		if err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		out, said, err := g.try(string(message), "--decrypt", "--status-fd", "2")
		if err != nil || out != content || !strings.Contains(said, "GOODSIG") {
			t.Errorf("%s: gpg reads %q, %v\n%s", algorithm, out, err, said)
		}
	}
}

func TestWeUnderstandGnuPG(t *testing.T) {
	t.Parallel()
	g := newGnuPG(t)
	_, secret := g.newKey("Desk <desk@example.com>", "future-default", "open sesame", "1y")
	public, _ := g.newKey("Ann <ann@example.com>", "default", "", "never")
	other, _ := g.newKey("Bob <bob@example.com>", "default", "", "never")
	desk, ann, bob := read(t, secret, "open sesame"), read(t, public, ""), read(t, other, "")
	now := time.Now().Add(time.Minute) // the clock of gpg may be ahead of the last second
	for _, args := range [][]string{nil, {"--armor"}, {"--compress-algo", "bzip2"}, {"--throw-keyids"}} {
		message := []byte(g.run(content, append(args, "--sign", "-u", "ann@example.com", "--encrypt", "-r", "desk@example.com")...))
		ids, err := pgp.Recipients(message)
		hidden := len(args) > 0 && args[0] == "--throw-keyids"
		if err != nil || len(ids) != 1 || slices.Contains(desk.IDs(), ids[0]) == hidden {
			t.Errorf("%v: for %v, %v, want one of %v", args, ids, err, desk.IDs())
		}
		opened, err := pgp.Open(message, []*pgp.Key{desk}, []*pgp.Key{ann}, now)
		if err != nil || string(opened.Content) != content || opened.Err != nil || opened.Signer == nil || opened.Signer.Fingerprint() != ann.Fingerprint() {
			t.Errorf("%v: %+v, %v, want it to be from ann", args, opened, err)
		}
		if opened, err = pgp.Open(message, []*pgp.Key{desk}, []*pgp.Key{bob}, now); err != nil || !errors.Is(opened.Err, pgp.ErrUnknownSigner) {
			t.Errorf("%v: %v, %v, want an unknown signer", args, opened.Err, err)
		}
		if _, err := pgp.Open(message, nil, []*pgp.Key{ann}, now); !errors.Is(err, pgp.ErrNotForKey) {
			t.Errorf("%v without our key: %v, want %v", args, err, pgp.ErrNotForKey)
		}
	}
	unsigned := g.run(content, "--encrypt", "-r", "desk@example.com")
	if opened, err := pgp.Open([]byte(unsigned), []*pgp.Key{desk}, []*pgp.Key{ann}, now); err != nil || opened.Signed {
		t.Errorf("not signed: %+v, %v", opened, err)
	}
	signature := []byte(g.run(content, "--armor", "--detach-sign", "-u", "ann@example.com"))
	if signer, err := pgp.Verify([]byte(content), signature, []*pgp.Key{bob, ann}, now); err != nil || signer.Fingerprint() != ann.Fingerprint() {
		t.Errorf("signed by %v, %v, want ann", signer, err)
	}
	if _, err := pgp.Verify([]byte("Bad news"), signature, []*pgp.Key{ann}, now); err == nil {
		t.Error("a signature of something else is believed")
	}
	if _, err := pgp.Verify([]byte(content), signature, []*pgp.Key{bob}, now); !errors.Is(err, pgp.ErrUnknownSigner) {
		t.Errorf("by somebody unknown: %v, want %v", err, pgp.ErrUnknownSigner)
	}
}

func TestKeysOfGnuPGAreRead(t *testing.T) {
	t.Parallel()
	g := newGnuPG(t)
	public, secret := g.newKey("Ann Smith (work) <Ann@Example.com>", "default", "open sesame", "1y")
	locked, err := pgp.ReadKey(secret)
	if err != nil || !locked.Secret() {
		t.Fatalf("%v, want a private key", err)
	}
	if err := locked.Unlock("wrong"); !errors.Is(err, pgp.ErrWrongSecret) {
		t.Errorf("a wrong passphrase: %v, want %v", err, pgp.ErrWrongSecret)
	}
	key, now := read(t, public, ""), time.Now().Add(2*time.Second)
	if key.Secret() || !key.CanEncrypt(now) || key.CanSign(now) || key.CanEncrypt(now.AddDate(2, 0, 0)) {
		t.Error("a public key encrypts until it expires, and no more")
	}
	if got := strings.Join(key.Addresses(), " "); got != "ann@example.com" {
		t.Errorf("addresses %q", got)
	}
	if at := key.ExpiresAt(); at == nil || at.Before(now.AddDate(0, 11, 0)) {
		t.Errorf("expires at %v, want in a year", at)
	}
	if half, err := locked.Public(); err != nil || strings.Contains(half, "PRIVATE") || read(t, half, "").Secret() {
		t.Errorf("the public half: %v\n%s", err, half)
	}
	for name, text := range map[string]string{"nothing": "", "nonsense": "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxyz\n-----END PGP PUBLIC KEY BLOCK-----"} {
		if _, err := pgp.ReadKey(text); !errors.Is(err, pgp.ErrNoKey) {
			t.Errorf("%s: %v, want %v", name, err, pgp.ErrNoKey)
		}
	}
}

// FuzzStrangersMessages reads what anybody may have put into a mail.
func FuzzStrangersMessages(f *testing.F) {
	f.Add([]byte("-----BEGIN PGP MESSAGE-----\n\nwUwDR5b\n=abcd\n-----END PGP MESSAGE-----\n"))
	f.Add([]byte{0xc1, 0x4c, 0x03, 0x47})
	f.Add([]byte{0xc8, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = pgp.Recipients(data)
		_, _ = pgp.Open(data, nil, nil, time.Unix(0, 0))
		_, _ = pgp.Verify(data, data, nil, time.Unix(0, 0))
	})
}
