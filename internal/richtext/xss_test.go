package richtext

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// attacks are one a line, collected from public cheat sheets and bug reports.
func attacks(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/xss.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func TestSanitizeLeavesNothingExecutable(t *testing.T) {
	t.Parallel()
	list := attacks(t)
	if len(list) < 180 {
		t.Fatalf("%d attacks in the corpus, want at least 180", len(list))
	}
	for _, attack := range list {
		clean, _ := Sanitize(attack, Options{})
		checkHarmless(t, attack, clean)
		// What is harmless alone must be harmless between other markup.
		clean, _ = Sanitize("<table><tr><td>"+attack+"</td></tr></table><p>"+attack, Options{})
		checkHarmless(t, attack, clean)
	}
	all, _ := Sanitize(strings.Join(list, "\n"), Options{})
	checkHarmless(t, "all attacks in one", all)
}

// safeTags can't run anything, whatever they contain.
var safeTags = func() map[string]bool {
	safe := map[string]bool{"html": true, "head": true, "body": true} // browsers add them
	for name := range allowedTags {
		safe[name] = true
	}
	for _, name := range []string{"script", "style", "iframe", "object", "embed", "svg", "math", "form", "input", "template", "noscript"} {
		delete(safe, name)
	}
	return safe
}()

// checkHarmless reads the result as a browser would.
func checkHarmless(t *testing.T, attack, clean string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(clean))
	if err != nil {
		t.Errorf("%q: a browser can't read %q: %v", attack, clean, err)
		return
	}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.CommentNode, html.DoctypeNode:
			t.Errorf("%q: a comment or doctype in %q", attack, clean)
		case html.ElementNode:
			if !safeTags[n.Data] || n.Namespace != "" {
				t.Errorf("%q: <%s> in %q", attack, n.Data, clean)
			}
			for _, a := range n.Attr {
				checkAttribute(t, attack, clean, n.Data, a)
			}
		}
	}
}

func checkAttribute(t *testing.T, attack, clean, tag string, a html.Attribute) {
	t.Helper()
	value := strings.ToLower(strings.TrimSpace(a.Val))
	scheme, _, hasScheme := strings.Cut(value, ":")
	hasScheme = hasScheme && !strings.ContainsAny(scheme, "/#?")
	fault := ""
	switch {
	case a.Namespace != "" || !everywhere[a.Key] && !allowedAttributes[tag][a.Key]:
		fault = "unknown attribute"
	case a.Key == "style":
		fault = styleFault(tag, value)
	case a.Key == "src" && !strings.HasPrefix(value, "cid:") && !strings.HasPrefix(value, "data:image/") && (hasScheme || strings.Contains(value, `\`)):
		fault = "source from elsewhere"
	case a.Key == "src" && (strings.HasPrefix(value, "//") || strings.HasPrefix(value, "data:image/svg")):
		fault = "source from elsewhere"
	case a.Key == "srcset" && strings.ContainsAny(value, ":/"):
		fault = "source set from elsewhere"
	case a.Key == "href" || a.Key == "cite":
		if hasScheme && !linkSchemes[scheme] {
			fault = "link of scheme " + scheme
		}
	}
	if fault != "" {
		t.Errorf("%q: %s: <%s %s=%q> in %q", attack, fault, tag, a.Key, a.Val, clean)
	}
}

// A declaration begins after every semicolon, and a browser that is lenient finds one after a line
// break or an unreadable character, too: so nothing but a property may stand before a colon.
func styleFault(tag, style string) string {
	for declaration := range strings.SplitSeq(strings.TrimSuffix(style, ";"), ";") {
		property, value, _ := strings.Cut(declaration, ":")
		function, _, isCall := strings.Cut(value, "(")
		switch {
		case !allowedStyles[tag][strings.TrimSpace(property)]:
			return "property " + property
		case strings.ContainsAny(value, "\\:\"'@/<>{}") || !utf8.ValidString(value):
			return "dangerous value"
		case isCall && !colorFunctions[function[strings.LastIndexByte(function, ' ')+1:]]:
			return "style with a function"
		}
	}
	return ""
}

func TestSanitizeTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	for _, source := range append(attacks(t), newsletter(5000), strings.Join(attacks(t), "\n")) {
		once, _ := Sanitize(source, Options{})
		if twice, _ := Sanitize(once, Options{}); twice != once {
			t.Errorf("%.200q becomes\n%.600q, then\n%.600q", source, once, twice)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, attack := range attacks(f) {
		f.Add(attack)
	}
	f.Add(newsletter(500))
	f.Fuzz(func(t *testing.T, source string) {
		once, _ := Sanitize(source, Options{OwnURL: "https://desk.example.com"})
		checkHarmless(t, source, once)
		twice, _ := Sanitize(once, Options{OwnURL: "https://desk.example.com"}) // as when an article is edited
		checkHarmless(t, once, twice)
		ToText(source)
		RewriteCIDs(source, func(string) (string, bool) { return "x", true })
	})
}
