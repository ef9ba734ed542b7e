package integration

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/tracker"
)

// verifyTracker tries the endpoint and the token that an administrator typed in.
func (s *Room) verifyTracker(kind tracker.Kind) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := rest.ReadParams(r)
		if err != nil {
			return err
		}
		known := typed(p)
		opened, err := tracker.Open(kind, s.client(known), known.Endpoint, known.APIToken)
		if err == nil {
			err = opened.Verify(r.Context())
		}
		return outcome(w, r, nil, err)
	}
}

// listIssues shows the issues behind the addresses of their pages.
func (s *Room) listIssues(kind tracker.Kind) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := s.Input(r)
		if err != nil {
			return err
		}
		known, err := s.stored(in.Catalog, string(kind))
		if err != nil {
			return err
		}
		var links []string
		for _, link := range in.Params.List("links") {
			if text, ok := link.(string); ok {
				links = append(links, text)
			}
		}
		opened, err := tracker.Open(kind, s.client(known), known.Endpoint, known.APIToken)
		var issues []tracker.Issue
		if err == nil {
			issues, err = opened.Issues(r.Context(), links)
		}
		return outcome(w, r, rest.Record{{"response", issueRecords(issues)}}, err)
	}
}

// linkIssues stores which issues a ticket is linked to.
func (s *Room) linkIssues(kind tracker.Kind) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error { return s.keep(w, r, string(kind), "issue_links") }
}

func issueRecords(issues []tracker.Issue) []rest.Record {
	records := []rest.Record{}
	for _, issue := range issues {
		labels := []rest.Record{}
		for _, label := range issue.Labels {
			labels = append(labels, rest.Record{{"title", label.Title}, {"color", label.Color}, {"text_color", label.TextColor}})
		}
		var milestone *string
		if issue.Milestone != "" {
			milestone = &issue.Milestone
		}
		records = append(records, rest.Record{
			{"id", issue.ID}, {"title", issue.Title}, {"url", issue.URL}, {"icon_state", issue.State}, {"milestone", milestone},
			{"assignees", append([]string{}, issue.Assignees...)}, {"labels", labels},
		})
	}
	return records
}
