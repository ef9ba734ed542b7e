// Package searchengine runs a search engine for tests: OpenSearch or Elasticsearch, of Maven Central's
// artefacts.
//
// It needs Java and Maven. Tests share one node, each with indexes of its own; the first one starts it
// through a keeper, a process of its own that ends it when the last one is gone. Where there is no
// Java, tests that need it are left out. SEARCH_ENGINE says which engine it is.
package searchengine

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"postroom/internal/devstack/host"
)

const (
	// startWithin is how long a node may take on a busy machine; alone it takes seven seconds.
	startWithin = 2 * time.Minute
	// fetchWithin is how long Maven may take to fetch some 60 MB, once a machine.
	fetchWithin = 5 * time.Minute
)

// classpath asks Maven where the artefacts are, which it fetches once. The answer is kept in dir.
func (e Engine) classpath(ctx context.Context, dir string) (string, error) {
	pom, err := e.pom()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(pom)
	kept := filepath.Join(dir, "classpath-"+hex.EncodeToString(sum[:6]))
	if path, err := os.ReadFile(kept); err == nil && complete(string(path)) {
		return string(path), nil
	}
	file := filepath.Join(dir, "pom.xml")
	if err := os.WriteFile(file, pom, 0o644); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	for range 3 { // networks fail for a moment; -U: what failed is asked for again
		maven := exec.CommandContext(ctx, "mvn", "-q", "-B", "-U", "-f", file, "dependency:build-classpath", "-Dmdep.outputFile="+kept)
		var output []byte
		if output, err = maven.CombinedOutput(); err == nil {
			path, err := os.ReadFile(kept)
			return string(path), err
		}
		err = fmt.Errorf("fetch %s from Maven Central: %w:\n%s", e.Name, err, output)
	}
	return "", err
}

// complete reports whether all artefacts are still there.
func complete(path string) bool {
	for _, file := range filepath.SplitList(path) {
		if _, err := os.Stat(file); err != nil {
			return false
		}
	}
	return path != ""
}

// A Node is a running engine.
type Node struct {
	URL string

	engine  Engine
	dir     string
	path    string   // of Java's classes
	options []string // Java's
	port    int      // where it listens, or the lowest where it may
	process *host.Process
	cmd     *exec.Cmd
}

// Java's options: of a node that is up soon and gone soon, and of one that shows what an engine can do.
var (
	brief    = []string{"-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"}
	measured = []string{"-Xms1g", "-Xmx1g", "-XX:+UseSerialGC"}
)

// Start starts a node of the caller's own, whose data are in dir, as fast as it gets.
func Start(ctx context.Context, dir string) (*Node, error) {
	engine, err := Chosen()
	if err != nil {
		return nil, err
	}
	if lacking := engine.missing(jvms); lacking != "" {
		return nil, fmt.Errorf("a search engine needs Java and Maven: apt install %s", lacking)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return engine.start(ctx, dir, dir, measured)
}

// Stop ends the node.
func (n *Node) Stop() { n.stop() }

// Where nodes listen: OpenSearch's runner knows no other ports. Each looks for a free one from a place of its own
// on, so that none takes the port of another that is down for a moment.
const firstPort, lastPort = 9201, 9299

// start starts a node whose data are in dir.
func (e Engine) start(ctx context.Context, artefacts, dir string, options []string) (*Node, error) {
	path, err := e.classpath(ctx, artefacts)
	if err != nil {
		return nil, err
	}
	n := &Node{engine: e, dir: dir, path: path, options: options, port: firstPort + rand.IntN((lastPort-firstPort)/2)}
	for range 3 { // two that start at the same time may want the same port
		if err = n.run(ctx); err == nil {
			return n, nil
		}
	}
	return nil, err
}

func (n *Node) run(ctx context.Context) error {
	program, err := n.engine.launch(n)
	if err != nil {
		return err
	}
	log, err := host.OpenLog(n.log())
	if err != nil {
		return err
	}
	defer log.Close()
	if err := log.Truncate(0); err != nil {
		return err
	}
	n.cmd = exec.Command(n.engine.javaPath(jvms), slices.Concat(n.options, program)...)
	n.cmd.Dir, n.cmd.Stdout, n.cmd.Stderr = n.dir, log, log
	if n.process, err = host.Launch(n.cmd, host.Account{}, syscall.SIGKILL); err != nil {
		return err
	}
	err = host.Until(ctx, startWithin, func() (bool, error) {
		if !n.process.Running() {
			return false, errors.New("the node ended")
		}
		n.URL = n.address()
		return n.URL != "" && healthy(ctx, n.URL) &&
			answers(ctx, http.MethodPut, n.URL+"/_cluster/settings", fullDisks), nil
	})
	if err != nil {
		n.stop()
		return fmt.Errorf("start %s: %w; its log ends with:\n%s", n.engine.Name, err, host.LastLines(n.log()))
	}
	_, err = fmt.Sscanf(n.URL, "http://127.0.0.1:%d", &n.port) // where it is to be after a restart, too
	return err
}

// home is where the node has its data.
func (n *Node) home() string { return filepath.Join(n.dir, "node") }

// cluster is a name of the node's own: two of one name on a machine find each other, and become one.
func (n *Node) cluster() string {
	sum := sha256.Sum256([]byte(n.dir))
	return "postroom-" + hex.EncodeToString(sum[:6])
}

func (n *Node) log() string { return filepath.Join(n.dir, "node.log") }

var published = regexp.MustCompile(`HttpServerTransport.*publish_address \{(127\.0\.0\.1:\d+)\}`)

// address reads in the log where the node listens: it chooses its port itself.
func (n *Node) address() string {
	file, err := os.Open(n.log())
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if found := published.FindStringSubmatch(lines.Text()); found != nil {
			return "http://" + found[1]
		}
	}
	return ""
}

// fullDisks lets a node make indexes on a disk that is nearly full, as those of developers are.
const fullDisks = `{"persistent":{"cluster.routing.allocation.disk.threshold_enabled":false}}`

func healthy(ctx context.Context, url string) bool {
	return answers(ctx, http.MethodGet, url+"/_cluster/health?wait_for_status=yellow&timeout=1s", "")
}

// answers reports whether the node does what it is asked for.
func answers(ctx context.Context, method, url, body string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

func (n *Node) stop() { n.process.Stop(host.StopWithin, syscall.SIGTERM) }
