package tracker

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"postroom/internal/desk"
)

// dialect is how one product is asked and how it answers.
type dialect struct {
	name     string
	example  string // of an endpoint
	whoAmI   string
	path     *regexp.Regexp // of an issue's page: project, number
	question func([]reference) (string, map[string]any)
	read     func(reference, json.RawMessage) (*Issue, error)
}

var dialects = map[Kind]dialect{
	GitHub: {
		name: "GitHub", example: "https://api.github.com/graphql", whoAmI: `query { viewer { login } }`,
		path:     regexp.MustCompile(`^/([\w.-]+/[\w.-]+)/issues/([0-9]{1,10})/?$`),
		question: askGitHub, read: readGitHub,
	},
	GitLab: {
		name: "GitLab", example: "https://gitlab.com/api/graphql", whoAmI: `query { currentUser { username } }`,
		path:     regexp.MustCompile(`^/([\w.-]+(?:/[\w.-]+)+?)(?:/-)?/(?:issues|work_items)/([0-9]{1,10})/?$`),
		question: askGitLab, read: readGitLab,
	},
}

// reference is where an issue is.
type reference struct{ project, number string }

func (r reference) String() string { return r.project + "#" + r.number }

// alias names the answer about an issue.
func alias(i int) string { return fmt.Sprintf("i%d", i) }

// reference reads the address of an issue's page. It must be on the server that the endpoint is on.
func (t *Tracker) reference(link string) (reference, error) {
	invalid := func() (reference, error) {
		return reference{}, &desk.InvalidError{Field: "links", Reason: "Invalid link to " + t.dialect.name + " issue: " + link}
	}
	address, err := url.Parse(strings.TrimSpace(link))
	if err != nil || address.Scheme != "https" && address.Scheme != "http" {
		return invalid()
	}
	if !strings.EqualFold(address.Host, strings.TrimPrefix(strings.ToLower(t.endpoint.Host), "api.")) {
		return invalid()
	}
	found := t.dialect.path.FindStringSubmatch(address.Path)
	if found == nil {
		return invalid()
	}
	return reference{project: found[1], number: found[2]}, nil
}

func askGitHub(refs []reference) (string, map[string]any) {
	var asked, declared strings.Builder
	values := map[string]any{}
	for i, ref := range refs {
		owner, name, _ := strings.Cut(ref.project, "/")
		values[fmt.Sprintf("o%d", i)], values[fmt.Sprintf("r%d", i)] = owner, name
		values[fmt.Sprintf("n%d", i)] = json.Number(ref.number)
		fmt.Fprintf(&declared, "$o%d: String!, $r%d: String!, $n%d: Int!, ", i, i, i)
		fmt.Fprintf(&asked, "%s: repository(owner: $o%d, name: $r%d) { issue(number: $n%d) { ...seen } }\n", alias(i), i, i, i)
	}
	return "query(" + declared.String() + ") {\n" + asked.String() + `}
fragment seen on Issue {
  title url state
  milestone { title }
  assignees(first: 20) { nodes { login name } }
  labels(first: 50) { nodes { name color } }
}`, values
}

func readGitHub(ref reference, answer json.RawMessage) (*Issue, error) {
	var found struct {
		Issue *struct {
			Title, URL, State string
			Milestone         *struct{ Title string }
			Assignees         struct {
				Nodes []struct{ Login, Name string }
			}
			Labels struct {
				Nodes []struct{ Name, Color string }
			}
		}
	}
	if err := decode(answer, &found); err != nil || found.Issue == nil {
		return nil, err
	}
	issue := &Issue{ID: ref.String(), Title: found.Issue.Title, URL: found.Issue.URL, State: state(found.Issue.State)}
	if found.Issue.Milestone != nil {
		issue.Milestone = found.Issue.Milestone.Title
	}
	for _, who := range found.Issue.Assignees.Nodes {
		name := who.Name
		if name == "" {
			name = who.Login
		}
		issue.Assignees = append(issue.Assignees, name)
	}
	for _, label := range found.Issue.Labels.Nodes {
		issue.Labels = append(issue.Labels, Label{Title: label.Name, Color: "#" + label.Color, TextColor: readableOn(label.Color)})
	}
	return issue, nil
}

func askGitLab(refs []reference) (string, map[string]any) {
	var asked, declared strings.Builder
	values := map[string]any{}
	for i, ref := range refs {
		values[fmt.Sprintf("p%d", i)], values[fmt.Sprintf("n%d", i)] = ref.project, ref.number
		fmt.Fprintf(&declared, "$p%d: ID!, $n%d: String!, ", i, i)
		fmt.Fprintf(&asked, "%s: project(fullPath: $p%d) { issue(iid: $n%d) { ...seen } }\n", alias(i), i, i)
	}
	return "query(" + declared.String() + ") {\n" + asked.String() + `}
fragment seen on Issue {
  title webUrl state
  milestone { title }
  assignees { nodes { name username } }
  labels { nodes { title color textColor } }
}`, values
}

func readGitLab(ref reference, answer json.RawMessage) (*Issue, error) {
	var found struct {
		Issue *struct {
			Title, WebURL, State string
			Milestone            *struct{ Title string }
			Assignees            struct {
				Nodes []struct{ Name, Username string }
			}
			Labels struct {
				Nodes []struct{ Title, Color, TextColor string }
			}
		}
	}
	if err := decode(answer, &found); err != nil || found.Issue == nil {
		return nil, err
	}
	issue := &Issue{ID: ref.String(), Title: found.Issue.Title, URL: found.Issue.WebURL, State: state(found.Issue.State)}
	if found.Issue.Milestone != nil {
		issue.Milestone = found.Issue.Milestone.Title
	}
	for _, who := range found.Issue.Assignees.Nodes {
		name := who.Name
		if name == "" {
			name = who.Username
		}
		issue.Assignees = append(issue.Assignees, name)
	}
	for _, label := range found.Issue.Labels.Nodes {
		issue.Labels = append(issue.Labels, Label(label))
	}
	return issue, nil
}

// decode reads an answer, of which there may be none.
func decode(answer json.RawMessage, into any) error {
	if len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// state is open or closed; GitLab says opened, and locked for what is neither for a moment.
func state(said string) string {
	if strings.EqualFold(said, "closed") {
		return "closed"
	}
	return "open"
}

// readableOn is black or white, whichever is easier to read on a colour (rrggbb), by the luminance
// of ITU-R BT.601.
func readableOn(color string) string {
	var red, green, blue int
	if _, err := fmt.Sscanf(color, "%02x%02x%02x", &red, &green, &blue); err != nil || 299*red+587*green+114*blue > 150_000 {
		return "#000000"
	}
	return "#FFFFFF"
}
