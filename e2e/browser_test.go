package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"postroom/internal/devstack/host"
)

// browser is a tab of a real browser.
type browser struct {
	t   *testing.T
	ctx context.Context
	log *logFile // of the browser
}

// openBrowser shows a page that is not one of ours, as the sites have that our scripts are put into.
func openBrowser(t *testing.T, html string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		path = host.Tool(t, "google-chrome", "chromium")
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><html lang=en><title>A shop</title><h1>A shop</h1>" + html))
	}))
	t.Cleanup(site.Close)
	b := &browser{t: t, log: &logFile{}}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(900, 700),
		chromedp.WSURLReadTimeout(90*time.Second), chromedp.CombinedOutput(b.log))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, end := context.WithTimeout(t.Context(), 6*time.Minute)
	t.Cleanup(end)
	ctx, end = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(end)
	b.ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	b.do("open the page", chromedp.Navigate(site.URL))
	return b
}

func (b *browser) do(what string, actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v\n%s\n%s", what, err, b.text("body"), b.log.tail())
	}
}

// text is what can be read in an element.
func (b *browser) text(selector string) (text string) {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Evaluate("(document.querySelector("+strconv.Quote(selector)+")||{innerText:''}).innerText", &text))
	return text
}

// holds waits until a script is true in the page.
func (b *browser) holds(what, script string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 90*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.Poll(script, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(0))); err != nil {
		b.t.Fatalf("%s: %v\n%s", what, err, b.text("body"))
	}
}

// says waits until an element holds a text.
func (b *browser) says(selector, text string) {
	b.t.Helper()
	b.holds(selector+" says "+text, fmt.Sprintf("(document.querySelector(%q)||{innerText:''}).innerText.includes(%q)", selector, text))
}

// screenshot keeps what is seen for the documentation, when SCREENSHOTS names a folder for it.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	var png []byte
	b.do("screenshot", chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(filepath.Join(dir, name), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// staysOnPort makes an instance listen where it did before when it is started again: pages come back there.
func (in *instance) staysOnPort() {
	in.t.Helper()
	port, err := host.FreePort(0)
	if err != nil {
		in.t.Fatal(err)
	}
	in.env = append(in.env, fmt.Sprintf("ZAMMAD_RAILS_PORT=%d", port))
}
