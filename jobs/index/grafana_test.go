package index_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"postroom/internal/elastic"
)

// panelsOf is a dashboard that Grafana imports, as far as it says what is asked of which index.
type panelsOf struct {
	Inputs []struct{ Name, Description string } `json:"__inputs"`
	Panels []struct {
		Title   string
		Targets []target
	}
}

// target is a question that a panel asks.
type target struct {
	Query      string
	TimeField  string
	Datasource struct{ UID string }
	Metrics    []struct{ ID, Type, Field string }
	BucketAggs []struct {
		ID, Type, Field string
		Settings        struct {
			Size, Order, OrderBy string
			Filters              []struct{ Query string }
		}
	}
}

// body is the question as Grafana puts it to the engine, about the last two days and the next.
func (t target) body() map[string]any {
	from, to := time.Now().Add(-48*time.Hour).UnixMilli(), time.Now().Add(24*time.Hour).UnixMilli()
	filter := []any{map[string]any{"range": map[string]any{t.TimeField: map[string]any{"gte": from, "lte": to, "format": "epoch_millis"}}}}
	if t.Query != "" {
		filter = append(filter, asText(t.Query))
	}
	body := map[string]any{"size": 0, "query": map[string]any{"bool": map[string]any{"filter": filter}}}
	if len(t.BucketAggs) == 0 { // raw data
		body["size"], body["sort"] = 10, []any{map[string]any{t.TimeField: map[string]any{"order": "desc", "unmapped_type": "boolean"}}}
		return body
	}
	inner := body
	for _, b := range t.BucketAggs {
		agg := map[string]any{}
		switch b.Type {
		case "date_histogram":
			agg[b.Type] = map[string]any{"field": b.Field, "fixed_interval": "1h", "min_doc_count": 0, "format": "epoch_millis",
				"extended_bounds": map[string]any{"min": from, "max": to}}
		case "terms":
			size, _ := strconv.Atoi(b.Settings.Size)
			agg[b.Type] = map[string]any{"field": b.Field, "size": size, "order": map[string]any{b.Settings.OrderBy: b.Settings.Order}, "min_doc_count": 1}
		case "filters":
			filters := map[string]any{}
			for _, f := range b.Settings.Filters {
				filters[f.Query] = asText(f.Query)
			}
			agg[b.Type] = map[string]any{"filters": filters}
		}
		inner["aggs"] = map[string]any{b.ID: agg}
		inner = agg
	}
	metrics := map[string]any{}
	for _, m := range t.Metrics {
		if m.Type != "count" {
			metrics[m.ID] = map[string]any{m.Type: map[string]any{"field": m.Field}}
		}
	}
	if len(metrics) > 0 {
		inner["aggs"] = metrics
	}
	return body
}

func asText(query string) map[string]any {
	return map[string]any{"query_string": map[string]any{"analyze_wildcard": true, "query": query}}
}

// empty says what of the answer shows nothing, though there is something to be shown.
func (t target) empty(answer map[string]any) string {
	if len(t.BucketAggs) == 0 {
		if hits, _ := dig(answer, "hits", "hits").([]any); len(hits) == 0 {
			return "no documents"
		}
		return ""
	}
	return t.emptyBelow(dig(answer, "aggregations"), 0)
}

func (t target) emptyBelow(aggs any, level int) string {
	b := t.BucketAggs[level]
	total := 0.0
	for name, bucket := range buckets(dig(aggs, b.ID, "buckets")) {
		count, _ := dig(bucket, "doc_count").(float64)
		total += count
		switch {
		case count == 0 && b.Type == "filters":
			return "nothing fits " + name
		case count == 0:
		case level+1 < len(t.BucketAggs):
			if problem := t.emptyBelow(bucket, level+1); problem != "" {
				return problem
			}
		default:
			for _, m := range t.Metrics {
				if m.Type != "count" && dig(bucket, m.ID, "value") == nil {
					return "no " + m.Type + " of " + m.Field
				}
			}
		}
	}
	if total == 0 {
		return "no " + b.Type + " of " + b.Field
	}
	return ""
}

func buckets(found any) map[string]any {
	if named, ok := found.(map[string]any); ok {
		return named
	}
	all := map[string]any{}
	list, _ := found.([]any)
	for i, bucket := range list {
		all[strconv.Itoa(i)] = bucket
	}
	return all
}

// work that dashboards show: of tickets those that kept their deadlines and those that did not, closed and
// open ones; chats and calls that were answered, and others.
const shownWork = `
	INSERT INTO organizations (id, name, updated_by_id, created_by_id) VALUES (70, 'Acme', 1, 1);
	INSERT INTO users (id, login, firstname, email, organization_id, updated_by_id, created_by_id)
	VALUES (71, 'nina', 'Nina', 'nina@example.org', 70, 1, 1);
	UPDATE tickets SET owner_id = 71, customer_id = 71, organization_id = 70, time_unit = 15, update_in_min = 5, update_diff_in_min = 3
	WHERE id IN (1001, 1002);
	UPDATE tickets SET update_diff_in_min = -3 WHERE id = 1002;
	UPDATE tickets SET state_id = 4, close_at = now(), close_in_min = 20, close_diff_in_min = 40 - 30 * (id - 1000),
		first_response_at = now(), first_response_in_min = 10, first_response_diff_in_min = 40 - 30 * (id - 1000)
	WHERE id IN (1001, 1002);
	UPDATE tickets SET escalation_at = now() + make_interval(hours => 2 * (id::int - 1003) - 1) WHERE id IN (1003, 1004);
	INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, content_type, updated_by_id, created_by_id)
	VALUES (1001, 10, 1, 'note', 'text/plain', 1, 1), (1002, 10, 3, 'note', 'text/plain', 1, 1);
	INSERT INTO chats (id, name, updated_by_id, created_by_id) VALUES (80, 'Sales', 1, 1);
	INSERT INTO chat_sessions (id, chat_id, session_id, state, user_id, preferences)
	VALUES (81, 80, 'a', 'closed', NULL, '{"url":"https://shop.example/","remote_ip":"192.0.2.1"}'), (82, 80, 'b', 'running', 71, '{}');
	INSERT INTO tags (id, name, created_by_id) VALUES (90, 'order', 1);
	INSERT INTO taggings (tag_id, object, o_id, created_by_id) VALUES (90, 'Ticket', 1001, 1), (90, 'ChatSession', 81, 1);
	INSERT INTO cti_logs (direction, state, "from", from_comment, "to", queue, call_id, comment, initialized_at, start_at, end_at,
		duration_waiting_time, duration_talking_time, done)
	VALUES ('in', 'hangup', '493012345678', 'Nina', '493012345600', 'sales', 'c1', 'normalClearing', now(), now(), now(), 4, 60, true),
		('in', 'hangup', '493012345679', NULL, '493012345600', 'sales', 'c2', 'cancel', now(), NULL, now(), 9, NULL, false),
		('out', 'hangup', '493012345600', NULL, '493012345678', NULL, 'c3', NULL, now(), now(), now(), 4, 60, true)`

const indexOfInput = `Elasticsearch: index zammad_`

// TestDashboardsShowWhatIsInTheIndexes puts every question of the dashboards to the engine, and looks at how
// it reads what people's own dashboards ask for.
func TestDashboardsShowWhatIsInTheIndexes(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.tickets(1001, 1005)
	o.Exec(shownWork)
	o.rebuild(nil, elastic.Objects...)
	o.hasPublishedTypes(elastic.Ticket, elastic.User, elastic.Organization, elastic.Group, elastic.State, elastic.Priority, elastic.ChatSession, elastic.CTILog)
	files, err := filepath.Glob("../../deploy/grafana/*.json")
	if err != nil || len(files) != 3 {
		t.Fatalf("dashboards %v, %v, want three", files, err)
	}
	asked := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d panelsOf
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		indexes := map[string]string{}
		for _, input := range d.Inputs {
			object, _, _ := strings.Cut(strings.TrimPrefix(input.Description, indexOfInput), ",")
			indexes["${"+input.Name+"}"] = o.prefix + "_" + object
		}
		for _, p := range d.Panels {
			for _, question := range p.Targets {
				asked++
				index := indexes[question.Datasource.UID]
				answer := o.search(index, question.body())
				if problem := question.empty(answer); problem != "" {
					short, _ := json.Marshal(answer)
					t.Errorf("%s, %s: %s in %s by %s; asked for %q: %.600s", filepath.Base(file), p.Title, problem, index, question.TimeField, question.Query, short)
				}
			}
		}
	}
	if asked < 55 {
		t.Errorf("%d questions were asked: the dashboards were not read", asked)
	}
}

// search puts a question to the engine itself.
func (o *office) search(index string, body map[string]any) (answer map[string]any) {
	o.T.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		o.T.Fatal(err)
	}
	request, err := http.NewRequestWithContext(o.T.Context(), http.MethodPost, fmt.Sprintf("%s/%s/_search", o.url, index), bytes.NewReader(text))
	if err != nil {
		o.T.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		o.T.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		o.T.Fatalf("%s: %d %v: %v", text, response.StatusCode, err, answer)
	}
	return answer
}
