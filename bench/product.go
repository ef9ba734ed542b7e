package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"postroom/internal/devstack"
)

// bench is one part's servers, product and results.
type bench struct {
	size   sizes
	dir    string
	report *report

	binary    string
	env       []string
	more      []string // variables of the product, beside the usual ones
	base      string   // of the API
	token     string
	stack     *devstack.Stack
	smarthost *smarthost // takes what the product sends
	all       *exec.Cmd  // postroom all
	ends      []func()   // in the order of starting
}

// stop ends what runs, last started first.
func (b *bench) stop() {
	for _, end := range slices.Backward(b.ends) {
		end()
	}
}

// startStores starts PostgreSQL and Redis.
func (b *bench) startStores(ctx context.Context) error {
	dir, err := filepath.Abs(b.dir)
	if err != nil {
		return err
	}
	b.dir = dir
	if b.stack, err = devstack.Start(ctx, devstack.Options{Dir: dir}); err != nil {
		return err
	}
	b.ends = append(b.ends, b.stack.Stop)
	return nil
}

// startProduct builds the product and runs all of it on the stores.
func (b *bench) startProduct(ctx context.Context) error {
	b.binary = filepath.Join(b.dir, "postroom")
	if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.binary, "./cmd/postroom").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	b.base = "http://127.0.0.1:" + strconv.Itoa(port)
	const login, password = "bench@example.com", "Bench-Password-1"
	wizard := `{"Users":[{"login":"` + login + `","email":"` + login + `","firstname":"Ben","lastname":"Bench","password":"` + password + `"}]}`
	b.env = append(os.Environ(), "DATABASE_URL="+b.stack.DatabaseURL(), "REDIS_URL="+b.stack.RedisURL(), "DATA_DIR="+b.dir,
		"ZAMMAD_RAILS_PORT="+strconv.Itoa(port), "AUTOWIZARD_JSON="+wizard, "LOG_LEVEL=warn")
	b.env = append(b.env, b.more...)
	log, err := os.Create(filepath.Join(b.dir, "postroom.log"))
	if err != nil {
		return err
	}
	b.all = exec.Command(b.binary, "all")
	b.all.Env, b.all.Stdout, b.all.Stderr = b.env, log, log
	if err := b.all.Start(); err != nil {
		return err
	}
	b.ends = append(b.ends, func() {
		_ = b.all.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = b.all.Wait()
		log.Close()
	})
	if err := b.waitFor(ctx, often, time.Minute, func() error {
		return b.call(ctx, http.MethodGet, "/api/v1/users/me", nil, basic(login, password), nil)
	}); err != nil {
		return err
	}
	out, err := b.postroom(ctx, "token", "create", login, "--name", "bench")
	if err != nil {
		return err
	}
	b.token = strings.TrimSpace(lastLine(out))
	if b.smarthost, err = startSmarthost(); err != nil {
		return err
	}
	b.ends = append(b.ends, b.smarthost.stop)
	return b.notifyThrough(ctx, b.smarthost)
}

// postroom runs a verb of the product's command line.
func (b *bench) postroom(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, b.binary, args...)
	cmd.Env = b.env
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("postroom %s: %w\n%s", args[0], err, failed.Stderr)
	}
	return string(out), err
}

// get asks the API with the token.
func (b *bench) get(ctx context.Context, path string, into any) error {
	return b.call(ctx, http.MethodGet, path, nil, "Token token="+b.token, into)
}

func basic(login, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(login+":"+password))
}

// client keeps a connection for each of the clients that it plays.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// call sends a request and decodes the answer to a successful one; into nil: nobody wants it.
func (b *bench) call(ctx context.Context, method, path string, body []byte, authorization string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, b.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", authorization)
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusMultipleChoices {
		return errors.Join(err, fmt.Errorf("%s %s: %s: %.200s", method, path, answer.Status, data))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(data, into)
}

// How often is asked whether something has happened: often where the time until then is measured,
// seldom where the asking would take the machine away from the work, and rarely where all there is
// has to be counted for an answer.
const (
	often  = 20 * time.Millisecond
	seldom = 100 * time.Millisecond
	rarely = time.Second
)

// waitFor asks at intervals until there is no error.
func (b *bench) waitFor(ctx context.Context, interval, within time.Duration, ask func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	again := time.NewTicker(interval)
	defer again.Stop()
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %w", within, err)
		case <-again.C:
		}
	}
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
