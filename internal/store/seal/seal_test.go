package seal

import (
	"bytes"
	"strings"
	"testing"
)

func TestSealedTextIsOpenedByItsKeyAlone(t *testing.T) {
	t.Parallel()
	ours, err := New(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, _ := New(bytes.Repeat([]byte{2}, 32))
	none, _ := New(nil)
	sealed, err := ours.Seal("pässword")
	if err != nil || !strings.HasPrefix(sealed, sealedPrefix) || strings.Contains(sealed, "word") {
		t.Fatalf("sealed = %q, %v", sealed, err)
	}
	if plain, err := ours.Open(sealed); plain != "pässword" || err != nil {
		t.Errorf("opened = %q, %v", plain, err)
	}
	if again, _ := ours.Seal("pässword"); again == sealed {
		t.Error("the same text is sealed the same twice")
	}
	if twice, _ := ours.Seal(sealed); twice != sealed {
		t.Error("a sealed text is sealed again")
	}
	for name, try := range map[string]func() (string, error){
		"another key":     func() (string, error) { return other.Open(sealed) },
		"no key":          func() (string, error) { return none.Open(sealed) },
		"damaged":         func() (string, error) { return ours.Open(sealed[:len(sealed)-4] + "AAAA") },
		"cut":             func() (string, error) { return ours.Open(sealedPrefix + "AAAA") },
		"no base64":       func() (string, error) { return ours.Open(sealedPrefix + "!") },
		"sealing keyless": func() (string, error) { return none.Seal("x") },
	} {
		if text, err := try(); err == nil {
			t.Errorf("%s: no error, but %q", name, text)
		}
	}
}

func TestTextsThatAreNotSealedStay(t *testing.T) {
	t.Parallel()
	none, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := none.Open("plain"); plain != "plain" || err != nil {
		t.Errorf("opened = %q, %v", plain, err)
	}
	if empty, err := none.Seal(""); empty != "" || err != nil {
		t.Errorf("sealed = %q, %v", empty, err)
	}
}

func TestKeyOfWrongLengthIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := New([]byte("short")); err == nil {
		t.Error("no error")
	}
}

func TestOnlySecretsAreSealed(t *testing.T) {
	t.Parallel()
	s, _ := New(bytes.Repeat([]byte{1}, 32))
	options := map[string]any{
		"adapter": "imap",
		"options": map[string]any{"user": "u", "password": "p", "port": 993, "ssl": true},
		"auth":    map[string]any{"access_token": "a", "provider": "google"},
		"empty":   map[string]any{"password": ""},
	}
	sealed, err := Each(options, s.Seal)
	if err != nil {
		t.Fatal(err)
	}
	inner := sealed["options"].(map[string]any)
	if !strings.HasPrefix(inner["password"].(string), sealedPrefix) || inner["user"] != "u" || inner["port"] != 993 || inner["ssl"] != true {
		t.Errorf("options = %v", inner)
	}
	if !strings.HasPrefix(sealed["auth"].(map[string]any)["access_token"].(string), sealedPrefix) || sealed["empty"].(map[string]any)["password"] != "" {
		t.Errorf("sealed = %v", sealed)
	}
	if options["options"].(map[string]any)["password"] != "p" {
		t.Error("the original has changed")
	}
	opened, err := Each(sealed, s.Open)
	if err != nil || opened["options"].(map[string]any)["password"] != "p" {
		t.Errorf("opened = %v, %v", opened, err)
	}
}
