package searchengine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEnginesAreChosenByName(t *testing.T) {
	for name, want := range map[string]string{
		"": "OpenSearch 2", "opensearch-2": "OpenSearch 2", "opensearch-3": "OpenSearch 3",
		"elasticsearch-8": "Elasticsearch 8", "elasticsearch-9": "Elasticsearch 9",
	} {
		t.Setenv("SEARCH_ENGINE", name)
		e, err := Chosen()
		if product, version, _ := strings.Cut(want, " "); err != nil || e.Product != product || e.Major != version {
			t.Errorf("SEARCH_ENGINE=%q: %s (%v), want %s", name, e.Name, err, want)
		}
		pom, err := e.pom()
		if err != nil || strings.Count(string(pom), "<dependency>") != len(e.artefacts) || !strings.Contains(string(pom), "<version>"+e.Major+".") {
			t.Errorf("%s is fetched by (%v)\n%s", e.Name, err, pom)
		}
	}
	t.Setenv("SEARCH_ENGINE", "solr")
	if _, err := Chosen(); err == nil || !strings.Contains(err.Error(), "elasticsearch-9") {
		t.Errorf("an engine that nobody knows: %v, want an error that names those that can be had", err)
	}
}

// TestWhatIsMissing gives each engine machines on which other programs are installed.
func TestWhatIsMissing(t *testing.T) {
	type java struct{ version, where string } // where: on the path, or among the system's others
	for _, tc := range []struct {
		name, engine string
		javas        []java
		jdk, maven   bool
		want         string
	}{
		{"an empty machine", "", nil, false, false, "openjdk-17-jre-headless maven"},
		{"an empty machine", "elasticsearch-9", nil, false, false, "openjdk-21-jdk-headless maven"},
		{"no Java", "", nil, false, true, "openjdk-17-jre-headless"},
		{"no Maven", "", []java{{"17.0.15", "path"}}, false, false, "maven"},
		{"what the first needs", "", []java{{"17.0.15", "path"}}, false, true, ""},
		{"a Java that says nothing of itself", "", []java{{"", "path"}}, false, true, ""},
		{"an old Java", "", []java{{"1.8.0_402", "path"}}, true, true, "openjdk-17-jre-headless"},
		{"an old Java beside a good one", "", []java{{"11.0.2", "path"}, {"17.0.15", "other"}}, false, true, ""},
		{"Java 17", "opensearch-3", []java{{"17.0.15", "path"}}, false, true, "openjdk-21-jre-headless"},
		{"Java 17 beside 25", "opensearch-3", []java{{"17.0.15", "path"}, {"25.0.3", "other"}}, false, true, ""},
		{"no compiler", "elasticsearch-8", []java{{"17.0.15", "path"}}, false, true, "openjdk-17-jdk-headless"},
		{"a compiler", "elasticsearch-8", []java{{"17.0.15", "path"}}, true, true, ""},
		{"a compiler of Java 17", "elasticsearch-9", []java{{"17.0.15", "path"}}, true, true, "openjdk-21-jdk-headless"},
		{"a compiler of Java 25", "elasticsearch-9", []java{{"17.0.15", "path"}, {"25.0.3", "other"}}, true, true, ""},
	} {
		bin, jvms := t.TempDir(), t.TempDir()
		for _, j := range tc.javas {
			home := filepath.Join(jvms, "java-"+j.version)
			if j.where == "path" {
				home = filepath.Join(t.TempDir(), "java")
			}
			program(t, filepath.Join(home, "bin", "java"))
			if tc.jdk {
				program(t, filepath.Join(home, "bin", "javac"))
			}
			if j.version != "" {
				write(t, filepath.Join(home, "release"), "IMPLEMENTOR=\"N.N.\"\nJAVA_VERSION=\""+j.version+"\"\n", 0o644)
			}
			if j.where == "path" { // as Debian links it
				if err := os.Symlink(filepath.Join(home, "bin", "java"), filepath.Join(bin, "java")); err != nil {
					t.Fatal(err)
				}
			}
		}
		if tc.maven {
			program(t, filepath.Join(bin, "mvn"))
		}
		t.Setenv("PATH", bin)
		t.Setenv("SEARCH_ENGINE", tc.engine)
		e, err := Chosen()
		if err != nil {
			t.Fatal(err)
		}
		if got := e.missing(jvms); got != tc.want {
			t.Errorf("%s, for %s: %q is missing, want %q", tc.name, e.Name, got, tc.want)
		}
	}
}

func program(t *testing.T, path string) {
	t.Helper()
	write(t, path, "#!/bin/sh\n", 0o755)
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// TestElasticsearchLoadsItsModuleItself: a class that is on the server's path too, it does not load.
func TestElasticsearchLoadsItsModuleItself(t *testing.T) {
	t.Parallel()
	n := &Node{port: 9230, dir: t.TempDir(), path: "/m/elasticsearch-8.1.jar:/m/lucene-core-9.jar:/m/transport-netty4-8.1.jar:/m/netty-buffer-4.jar\n"}
	got, err := launchElasticsearch(n)
	want := []string{"-cp", "/m/elasticsearch-8.1.jar:/m/lucene-core-9.jar", filepath.Join(n.dir, "ElasticsearchNode.java"),
		n.home(), n.cluster(), "9230-9299", "/m/transport-netty4-8.1.jar", "/m/netty-buffer-4.jar"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Java is told (%v)\n%q, want\n%q", err, got, want)
	}
	n.path = "/m/elasticsearch-8.1.jar"
	if _, err := launchElasticsearch(n); err == nil {
		t.Error("a server that can't listen was started")
	}
}
