package searchengine

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// jvms is where Debian puts every Java that is installed.
const jvms = "/usr/lib/jvm"

// missing names the packages that have to be installed before a node can run; empty: none.
func (e Engine) missing(jvms string) string {
	var lacking []string
	if e.javaPath(jvms) == "" {
		kind := "jre"
		if e.compiles {
			kind = "jdk"
		}
		lacking = append(lacking, fmt.Sprintf("openjdk-%d-%s-headless", e.java, kind))
	}
	if _, err := exec.LookPath("mvn"); err != nil {
		lacking = append(lacking, "maven")
	}
	return strings.Join(lacking, " ")
}

// javaPath finds a Java that runs the engine: the one that the shell finds, or any other that is
// installed. Empty: there is none.
func (e Engine) javaPath(jvms string) string {
	var candidates []string
	if first, err := exec.LookPath("java"); err == nil {
		candidates = append(candidates, first)
	}
	others, _ := filepath.Glob(filepath.Join(jvms, "*", "bin", "java")) // the pattern is a good one
	for _, java := range append(candidates, others...) {
		if e.runsOn(java) {
			return java
		}
	}
	return ""
}

var javaVersion = regexp.MustCompile(`(?m)^JAVA_VERSION="(\d+)`)

// runsOn asks what a Java says of itself in the file beside it. One that says nothing is tried.
func (e Engine) runsOn(java string) bool {
	if real, err := filepath.EvalSymlinks(java); err == nil {
		java = real
	}
	bin := filepath.Dir(java)
	if _, err := os.Stat(filepath.Join(bin, "javac")); err != nil && e.compiles {
		return false
	}
	release, err := os.ReadFile(filepath.Join(filepath.Dir(bin), "release"))
	if err != nil {
		return true
	}
	found := javaVersion.FindSubmatch(release)
	if found == nil {
		return true
	}
	major, err := strconv.Atoi(string(found[1]))
	return err != nil || major >= e.java
}
