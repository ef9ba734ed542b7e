package placetel

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

func TestNamesAreAskedForOnceADay(t *testing.T) {
	t.Parallel()
	asked, status := 0, http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("Authorization") != "Bearer key" {
			status = http.StatusUnauthorized
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`[{"name":"Emma","sipuid":"777@fpbx.de","type":"standard"},{"name":"Chris","sipuid":"778@fpbx.de"}]`))
	}))
	defer server.Close()
	now := time.Now()
	d := New(server.Client(), slog.New(slog.DiscardHandler))
	d.url, d.now = server.URL, func() time.Time { return now }
	want := func(sip, name string, times int) {
		t.Helper()
		if got := d.Name(t.Context(), "key", sip); got != name || asked != times {
			t.Errorf("%s is %q after %d questions, want %q after %d", sip, got, asked, name, times)
		}
	}
	want("777@fpbx.de", "Emma", 1)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() { d.Name(t.Context(), "key", "778@fpbx.de") })
	}
	calls.Wait()
	want("779@fpbx.de", "", 1)
	now = now.Add(keepList + time.Second)
	status = http.StatusInternalServerError
	want("777@fpbx.de", "", 2)
	want("777@fpbx.de", "", 2)
	now = now.Add(keepFailure + time.Second)
	status = http.StatusOK
	want("777@fpbx.de", "Emma", 3)
	if got := d.Name(t.Context(), "other", "777@fpbx.de"); got != "" || asked != 4 {
		t.Errorf("with another key: %q after %d questions, want nothing after 4", got, asked)
	}
	if got := d.Name(t.Context(), "", "777@fpbx.de"); got != "" || asked != 4 {
		t.Errorf("without a key: %q after %d questions, want no question", got, asked)
	}
}
