package setup_test

import (
	"bytes"
	"log/slog"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"postroom/internal/credential"
	"postroom/internal/devstack"
	"postroom/internal/setup"
	"postroom/internal/store"
)

func TestFirstStartCreatesAnAdministrator(t *testing.T) {
	t.Parallel()
	s, conn := openStore(t)
	var log bytes.Buffer
	admin, err := setup.FirstStart(t.Context(), s, slog.New(slog.NewTextHandler(&log, nil)), setup.Options{Address: setup.Address{FQDN: "Help.example.org:8080"}})
	if err != nil {
		t.Fatal(err)
	}
	if admin == nil || admin.ID != 3 || admin.Login != "admin@help.example.org" {
		t.Fatalf("administrator = %+v, want user 3, admin@help.example.org", admin)
	}
	if hash := text(t, conn, `SELECT password FROM users WHERE id = 3`); !credential.VerifyPassword(hash, admin.Password) {
		t.Error("the password told is not the one kept")
	}
	if n := text(t, conn, `SELECT count(*) FROM tokens WHERE user_id = 3 AND action = 'api' AND token_hash = $1`, credential.HashToken(admin.Token)); n != "1" {
		t.Error("the token told is not the one kept")
	}
	expect(t, conn, map[string]string{
		`SELECT array_agg(role_id ORDER BY role_id) FROM roles_users WHERE user_id = 3`:                         "{1,2}",
		`SELECT string_agg(group_id || access, ',') FROM groups_users WHERE user_id = 3`:                        "1full",
		`SELECT state_current->>'value' FROM settings WHERE name = 'system_init_done'`:                          "true",
		`SELECT name FROM text_modules WHERE id = 1`:                                                            "Greeting",
		`SELECT preferences->'permission' ? 'ticket.agent' AND preferences->'permission' ? 'admin' FROM tokens`: "true",
	})
	if strings.Contains(log.String(), admin.Password) || strings.Contains(log.String(), admin.Token) {
		t.Error("password or token was logged")
	}
	again, err := setup.FirstStart(t.Context(), s, discard, setup.Options{})
	if err != nil || again != nil {
		t.Errorf("second start = %+v, %v, want nothing", again, err)
	}
}

func TestAdministratorSignsInWithAMailAddress(t *testing.T) {
	t.Parallel()
	s, _ := openStore(t)
	admin, err := setup.FirstStart(t.Context(), s, discard, setup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mail.ParseAddress(admin.Login); err != nil {
		t.Errorf("login %q: %v", admin.Login, err)
	}
}

// Several processes start at once against a database that is empty altogether.
func TestFirstStartHappensOnce(t *testing.T) {
	t.Parallel()
	url := devstack.DatabaseFrom(t, "empty", func(string) error { return nil })
	const starts = 6
	var together sync.WaitGroup
	admins := make(chan *setup.Admin, starts)
	for range starts {
		together.Go(func() {
			if _, err := store.Migrate(t.Context(), url); err != nil {
				t.Errorf("migrate: %v", err)
				return
			}
			s, err := store.Open(t.Context(), store.Options{URL: url, MaxConns: 2, SecretKey: secretKey})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			admin, err := setup.FirstStart(t.Context(), s, discard, setup.Options{})
			if err != nil {
				t.Errorf("first start: %v", err)
			}
			admins <- admin
		})
	}
	together.Wait()
	close(admins)
	created := 0
	for admin := range admins {
		if admin != nil {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d of %d starts created an administrator, want one", created, starts)
	}
	expect(t, connect(t, url), map[string]string{
		`SELECT count(*) FROM users`:    "3",
		`SELECT count(*) FROM settings`: "274",
		`SELECT count(*) FROM tickets`:  "1",
	})
}

func TestFirstStartWithAnAutoWizard(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		opts  setup.Options
		users string
		admin bool
	}{
		{"users in the auto wizard", setup.Options{AutoWizard: []byte(`{"Users": [{"login": "boss", "password": "x"}]}`)}, "3", false},
		{"no users in the auto wizard", setup.Options{AutoWizard: []byte(`{"Organizations": [{"name": "Acme"}]}`)}, "3", true},
		{"a file waits", setup.Options{Waiting: true}, "2", false},
	} {
		s, conn := openStore(t)
		admin, err := setup.FirstStart(t.Context(), s, discard, tc.opts)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if (admin != nil) != tc.admin {
			t.Errorf("%s: administrator %v, want one: %v", tc.name, admin, tc.admin)
		}
		if users := text(t, conn, `SELECT count(*) FROM users`); users != tc.users {
			t.Errorf("%s: %s users, want %s", tc.name, users, tc.users)
		}
	}
}

func TestBadAutoWizardLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s, conn := openStore(t)
	if _, err := setup.FirstStart(t.Context(), s, discard, setup.Options{AutoWizard: []byte(`{"Users": [{"login": ""}]}`)}); err == nil {
		t.Fatal("no error")
	}
	expect(t, conn, map[string]string{`SELECT count(*) FROM settings`: "0"})
	// Mended, the next start has the ids and the ticket number of a first one.
	if _, err := setup.FirstStart(t.Context(), s, discard, setup.Options{AutoWizard: []byte(`{"Users": [{"login": "boss"}]}`)}); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, map[string]string{
		`SELECT right(number, 3) FROM tickets WHERE id = 1`: "001",
		`SELECT count(*) FROM users WHERE login = 'boss'`:   "1",
	})
}

func TestAnotherSecretKeyIsRefused(t *testing.T) {
	t.Parallel()
	url := devstack.Database(t)
	if err := setup.Seed(t.Context(), open(t, url), setup.Address{}); err != nil {
		t.Fatal(err)
	}
	other, err := store.Open(t.Context(), store.Options{URL: url, MaxConns: 2, SecretKey: bytes.Repeat([]byte{8}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := setup.Seed(t.Context(), other, setup.Address{}); err == nil || !strings.Contains(err.Error(), "SECRET_KEY") {
		t.Errorf("error %v, want one that names SECRET_KEY", err)
	}
	if _, err := setup.FirstStart(t.Context(), other, discard, setup.Options{}); err == nil || strings.Contains(err.Error(), "first start") {
		t.Errorf("error %v, want one that does not speak of a first start", err)
	}
}

func TestPasswordsFitTheRules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 500 {
		password := setup.NewPassword()
		if seen[password] || len(password) < 20 || !strings.ContainsAny(password, "23456789") || !strings.Contains(password, "-") {
			t.Fatalf("password %q", password)
		}
		seen[password] = true
	}
}
