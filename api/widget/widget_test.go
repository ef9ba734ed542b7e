package widget_test

import (
	"net/http"
	"strings"
	"testing"

	"postroom/api/apitest"
)

func TestScriptsAreServed(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const smallEnough = 30 << 10
	for path, kind := range map[string]string{
		"/assets/chat/chat.min.js": "text/javascript", "/assets/chat/chat-no-jquery.min.js": "text/javascript", "/assets/chat/chat.css": "text/css",
		"/assets/form/form.js": "text/javascript", "/assets/form/form.css": "text/css",
	} {
		got := o.Send(o.Request(http.MethodGet, path, "")).Is(200)
		if !strings.HasPrefix(got.Header.Get("Content-Type"), kind) || len(got.Body) == 0 || len(got.Body) > smallEnough {
			t.Errorf("%s: %s of %d bytes", path, got.Header.Get("Content-Type"), len(got.Body))
		}
		if got.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: other sites may not use it", path)
		}
		if badge := got.Header.Get("Set-Cookie") + got.Header.Get("CSRF-TOKEN"); badge != "" {
			t.Errorf("%s: what caches keep for all visitors says %s", path, badge)
		}
		again := o.Request(http.MethodGet, path, "")
		again.Header.Set("If-None-Match", got.Header.Get("ETag"))
		if status := o.Send(again).Status; status != http.StatusNotModified {
			t.Errorf("%s again: %d, want 304", path, status)
		}
	}
	o.Send(o.Request(http.MethodGet, "/assets/chat/other.js", "")).Refuses(404, "There is no such file.")
}
