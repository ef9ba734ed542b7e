package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "postroom-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "postroom")
	build := exec.Command("go", "build", "-o", binary, "postroom/cmd/postroom")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
	// These tests wait for clocks and servers far more than they work.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// The agent that every instance is set up with.
const (
	agentLogin    = "ada@example.com"
	agentPassword = "Correct-Horse-7"
)

// autoWizard sets up a fresh installation without anybody having to read its output.
const autoWizard = `{
	"Settings": [{"name": "fqdn", "value": "desk.example.com"}],
	"Users": [{"login": "` + agentLogin + `", "email": "` + agentLogin + `", "firstname": "Ada", "lastname": "Agent", "password": "` + agentPassword + `"}]
}`

// instance is one installation: its folder and stores, and the process that runs it, if any.
type instance struct {
	t       testing.TB
	dir     string
	env     []string
	base    string // of the API
	process *process
}

// process is a running binary.
type process struct {
	cmd    *exec.Cmd
	log    *logFile
	exited chan struct{}
	err    error // once exited is closed
}

// newInstance prepares an installation on these stores. It starts nothing.
func newInstance(t testing.TB, databaseURL, redisURL string) *instance {
	t.Helper()
	dir := t.TempDir()
	in := &instance{t: t, dir: dir}
	in.env = append(os.Environ(),
		"DATABASE_URL="+databaseURL,
		"REDIS_URL="+redisURL,
		"DATA_DIR="+dir,
		"ZAMMAD_RAILS_PORT=0",
		"AUTOWIZARD_JSON="+autoWizard,
		"LOG_LEVEL=warn",
	)
	t.Cleanup(func() {
		if in.process != nil {
			in.kill()
		}
	})
	return in
}

// start runs the whole product and waits until it answers.
func (in *instance) start() {
	in.t.Helper()
	in.process = in.spawn("all")
	in.waitUntil(2*time.Minute, "the API answers", func() error {
		select {
		case <-in.process.exited:
			in.t.Fatalf("postroom all ended: %v\n%s", in.process.err, in.process.log.tail())
		default:
		}
		address := readyOn.FindStringSubmatch(in.process.log.tail())
		if address == nil {
			return errors.New("it does not say yet where it listens")
		}
		in.base = address[1]
		return in.get("/api/v1/users/me", nil)
	})
}

var readyOn = regexp.MustCompile(`Postroom is ready on (http://\S+)`)

// spawn starts a verb of the binary that runs on.
func (in *instance) spawn(verb string, args ...string) *process {
	in.t.Helper()
	p := &process{cmd: exec.Command(binary, append([]string{verb}, args...)...), log: &logFile{}, exited: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir = in.env, in.dir
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	in.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended long ago
		<-p.exited
		if in.t.Failed() {
			in.t.Logf("end of the log of postroom %s:\n%s", verb, p.log.tail())
		}
	})
	return p
}

// kill ends the process as a power cut does.
func (in *instance) kill() {
	_ = in.process.cmd.Process.Kill()
	<-in.process.exited
	in.process = nil
}

// stop ends the process as an operator does, and fails the test if that is not clean.
func (in *instance) stop() {
	in.t.Helper()
	if err := in.process.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		in.t.Fatal(err)
	}
	select {
	case <-in.process.exited:
		if in.process.err != nil {
			in.t.Errorf("SIGTERM: postroom ended with %v, want a clean exit\n%s", in.process.err, in.process.log.tail())
		}
	case <-time.After(40 * time.Second): // a machine that runs many tests at once may be late
		in.t.Errorf("SIGTERM: still running after 40 s, want an end within 10 s\n%s", in.process.log.tail())
		_ = in.process.cmd.Process.Kill()
		<-in.process.exited
	}
	in.process = nil
}

// run runs a verb of the binary to its end and returns what it printed.
func (in *instance) run(stdin io.Reader, args ...string) (string, int) {
	in.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Dir, cmd.Stdin = in.env, in.dir, stdin
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		in.t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// mustRun is run for verbs that have to succeed.
func (in *instance) mustRun(args ...string) string {
	in.t.Helper()
	out, code := in.run(nil, args...)
	if code != 0 {
		in.t.Fatalf("postroom %v: exit code %d\n%s", args, code, out)
	}
	return out
}

// get asks the API as the agent and decodes the answer into into, if that isn't nil.
func (in *instance) get(path string, into any) error {
	return in.call(http.MethodGet, path, nil, into)
}

func (in *instance) post(path string, body, into any) error {
	return in.call(http.MethodPost, path, body, into)
}

func (in *instance) call(method, path string, body, into any) error {
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(data)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 70*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, in.base+path, payload)
	if err != nil {
		return err
	}
	request.SetBasicAuth(agentLogin, agentPassword)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, data)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(data, into)
}

// waitUntil asks again and again until there is no error any more.
func (in *instance) waitUntil(within time.Duration, what string, ask func() error) {
	in.t.Helper()
	deadline, again := time.After(within), time.NewTicker(50*time.Millisecond)
	defer again.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			in.t.Fatalf("waited %s until %s: %v", within, what, err)
		case <-again.C:
		}
	}
}

// logFile keeps the end of what a process writes.
type logFile struct {
	mu   sync.Mutex
	data []byte
}

const logTail = 8 << 10 // bytes shown when a test fails

func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.data = append(l.data, p...)
	if len(l.data) > 4*logTail {
		l.data = append([]byte(nil), l.data[len(l.data)-logTail:]...)
	}
	return len(p), nil
}

func (l *logFile) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.data[max(0, len(l.data)-logTail):])
}
