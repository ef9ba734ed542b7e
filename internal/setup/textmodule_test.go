package setup_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/richtext"
	"postroom/internal/setup"
	"postroom/internal/store/library"
)

func TestTextModulesOfTheNearestLocaleAreLoaded(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ locale, want string }{
		{"en-us", "Greeting"},
		{"de-de", "Anrede"},
		{"DE_de", "Anrede"},
		{"de-at", "Anrede"},
		{"de-CH,de;q=0.9,en;q=0.8", "Anrede"},
		{"en-gb", "Greeting"},
		{"fi", "Greeting"},
		{"", "Greeting"},
		{"../seeds/users", "Greeting"},
	} {
		s, conn := seeded(t)
		n, err := setup.LoadTextModules(t.Context(), s, tc.locale)
		if err != nil || n == 0 {
			t.Fatalf("%q: %d text modules, %v", tc.locale, n, err)
		}
		if got := text(t, conn, `SELECT name FROM text_modules WHERE id = 1`); got != tc.want {
			t.Errorf("%q: the first text module is %s, want %s", tc.locale, got, tc.want)
		}
	}
}

func TestTextModulesAreLoadedWhereThereAreNone(t *testing.T) {
	t.Parallel()
	s, conn := seeded(t)
	own := workspace.TextModule{Name: "Ours", Content: "Hi", Active: true}
	if err := library.TextModules.Insert(t.Context(), s.DB, &own, desk.SystemUser); err != nil {
		t.Fatal(err)
	}
	n, err := setup.LoadTextModules(t.Context(), s, "en-us")
	if err != nil || n != 0 {
		t.Errorf("%d text modules loaded beside one of ours, %v", n, err)
	}
	expect(t, conn, map[string]string{`SELECT count(*) FROM text_modules`: "1"})
}

func TestAutoWizardWithoutALocaleGoesOn(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`{}`, `{"Locale": ""}`, `"de-de"`, `{"Locale": 5}`} {
		s, conn := seeded(t)
		data := `{"TextModuleLocale": ` + value + `, "Signatures": [{"name": "short", "body": "Bye"}]}`
		if _, err := setup.RunAutoWizard(t.Context(), s, discard, []byte(data)); err != nil {
			t.Errorf("%s: %v", value, err)
		}
		expect(t, conn, map[string]string{
			`SELECT count(*) FROM text_modules`:                    "0",
			`SELECT count(*) FROM signatures WHERE name = 'short'`: "1",
		})
	}
}

// What comes with the product is as it would be had somebody typed it in.
func TestShippedTextModulesAreWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("textmodules/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("files = %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var modules []workspace.TextModule
		if err := json.Unmarshal(data, &modules); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		names := map[string]bool{}
		for _, m := range modules {
			if clean, _ := richtext.Sanitize(m.Content, richtext.Options{}); clean != m.Content {
				t.Errorf("%s: %s: content is cleaned to %q", file, m.Name, clean)
			}
			if m.Keywords == nil || names[m.Name] {
				t.Errorf("%s: %s has no keywords or is there twice", file, m.Name)
			}
			names[m.Name] = true
		}
	}
}
