package devstack

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"postroom/internal/devstack/host"
)

// testdata/postgres.txz has the layout of a real archive; its programs only print their version.
func TestBinariesAreFetchedOnceAndVerified(t *testing.T) {
	t.Parallel()
	archive, err := os.ReadFile("testdata/postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	writer := zip.NewWriter(&jar)
	entry, err := writer.Create("postgres-linux-x86_64.txz")
	if err == nil {
		_, err = entry.Write(archive)
	}
	if err = errors.Join(err, writer.Close()); err != nil {
		t.Fatal(err)
	}
	good := sha256.Sum256(jar.Bytes())
	for _, tc := range []struct {
		name, checksum string
		want           bool
	}{
		{"intact", hex.EncodeToString(good[:]), true},
		{"damaged", strings.Repeat("0", 64), false},
	} {
		var downloads atomic.Int32
		repository := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, ".sha256") {
				w.Write([]byte(tc.checksum))
				return
			}
			downloads.Add(1)
			w.Write(jar.Bytes())
		}))
		place := host.Place{Dir: t.TempDir()}
		place.Home = place.Dir
		for range 2 {
			b, err := fetchBinaries(context.Background(), place, "17", repository.URL, quiet)
			if (err == nil) != tc.want {
				t.Errorf("%s: binaries %v, error %v; want success: %t", tc.name, b, err, tc.want)
			}
			if tc.want && b.major != 17 {
				t.Errorf("%s: major version %d, want 17", tc.name, b.major)
			}
		}
		repository.Close()
		if n := downloads.Load(); tc.want && n != 1 {
			t.Errorf("%s: downloaded %d times, want once", tc.name, n)
		}
	}
}

func TestWithoutPostgresTheErrorSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	repository := httptest.NewServer(http.NotFoundHandler())
	defer repository.Close()
	dir := t.TempDir()
	_, err := fetchBinaries(context.Background(), host.Place{Dir: dir, Home: dir}, "", repository.URL, quiet)
	if err == nil {
		t.Fatal("binaries were found in an empty repository")
	}
	for _, want := range []string{"apt install postgresql", "brew install postgresql", "DATABASE_URL"} {
		if got := noPostgres("", dir, err).Error(); !strings.Contains(got, want) {
			t.Errorf("the error does not mention %q:\n%s", want, got)
		}
	}
}
