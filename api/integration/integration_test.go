package integration_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"postroom/api"
	"postroom/api/apitest"
	"postroom/internal/egress"
)

// elsewhere is another system that gives one answer to whoever knows its token.
func elsewhere(t *testing.T, answer string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Params struct{ APIKey string }
		}
		body, _ := io.ReadAll(r.Body)
		json.Unmarshal(body, &asked)
		if r.Header.Get("Authorization") != "Bearer s3cret" && asked.Params.APIKey != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// body is what is sent.
func body(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const oneIssue = `{"data":{"viewer":{"login":"bot"},"currentUser":{"username":"bot"},"i0":{"issue":{"title":"Slow","url":"https://g/7","webUrl":"https://g/7",
	"state":"open","milestone":null,"assignees":{"nodes":[]},"labels":{"nodes":[]}}}}}`

func TestIssueTrackers(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.NewTicket(1, "david", "The shop is slow")
	for _, kind := range []string{"github", "gitlab"} {
		system, base := elsewhere(t, oneIssue), "/integration/"+kind
		links := map[string]any{"links": []string{system + "/acme/shop/issues/7"}}

		o.Post("emma", base, body(t, links)).Refuses(422, "Integration is not enabled: "+kind)
		typed := map[string]any{"endpoint": system, "api_token": "s3cret"}
		if got := o.Post("boss", base+"/verify", body(t, typed)).Is(200).Object(); got["result"] != "ok" {
			t.Errorf("%s: verify: %v", kind, got)
		}
		typed["api_token"] = "guessed"
		if got := o.Post("boss", base+"/verify", body(t, typed)).Is(200).Object(); got["result"] != "failed" || got["message"] != "the API token is refused (status 401)" {
			t.Errorf("%s: verify with a wrong token: %v", kind, got)
		}
		o.Setting(kind+"_integration", true)
		o.Setting(kind+"_config", map[string]any{"endpoint": system, "api_token": "s3cret"})
		got := fmt.Sprint(o.Post("emma", base, body(t, links)).Is(200).Object()["response"])
		if want := "[map[assignees:[] icon_state:open id:acme/shop#7 labels:[] milestone:<nil> title:Slow url:https://g/7]]"; got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
		o.Get("emma", base+"?links[]="+system+"/acme/shop/issues/7").Is(200)
		if got := o.Post("emma", base, body(t, map[string]any{"links": []string{"https://example.org/"}})).Is(200).Object(); got["result"] != "failed" || got["field"] != "links" {
			t.Errorf("%s: another site's address: %v", kind, got)
		}
		kept := map[string]any{"ticket_id": id, "issue_links": []string{"https://g/7", "https://g/7", "https://g/8"}}
		o.Post("emma", base+"_ticket_update", body(t, kept)).Is(200)
		o.Post("reader", base+"_ticket_update", body(t, kept)).Is(403)
		o.Post("david", base+"_ticket_update", body(t, kept)).Is(403)
		kept["ticket_id"] = 999999
		o.Post("emma", base+"_ticket_update", body(t, kept)).Is(404)
	}
	ticket := o.Get("emma", fmt.Sprintf("/tickets/%d", id)).Is(200).Object()
	if got, want := fmt.Sprint(ticket["preferences"]), "map[github:map[issue_links:[https://g/7 https://g/8]] gitlab:map[issue_links:[https://g/7 https://g/8]]]"; got != want {
		t.Errorf("preferences %s, want %s", got, want)
	}
}

func TestCMDB(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	system := elsewhere(t, `{"jsonrpc":"2.0","id":1,"result":[{"id":"12","title":"Printer"}]}`)
	id := o.NewTicket(1, "david", "The printer is broken")
	if got := o.Post("boss", "/integration/idoit/verify", body(t, map[string]any{"endpoint": system, "api_token": "s3cret"})).Is(200).Object(); got["result"] != "ok" {
		t.Errorf("verify: %v", got)
	}
	o.Setting("idoit_integration", true)
	o.Setting("idoit_config", map[string]any{"endpoint": system + "/", "api_token": "s3cret"})
	got := fmt.Sprint(o.Post("emma", "/integration/idoit", body(t, map[string]any{"method": "cmdb.objects", "filter": map[string]any{"ids": []int{12}}})).Is(200).Object())
	if want := fmt.Sprintf("map[response:map[result:[map[id:12 link:%s/?objID=12 title:Printer]]] result:ok]", system); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := o.Post("emma", "/integration/idoit", body(t, map[string]any{"method": "cmdb.object.delete"})).Is(200).Object(); got["result"] != "failed" {
		t.Errorf("deleting through us: %v", got)
	}
	o.Post("emma", "/integration/idoit_ticket_update", body(t, map[string]any{"ticket_id": id, "object_ids": []any{12, 12, "13"}})).Is(200)
	ticket := o.Get("emma", fmt.Sprintf("/tickets/%d", id)).Is(200).Object()
	if got, want := fmt.Sprint(ticket["preferences"]), "map[idoit:map[object_ids:[12 13]]]"; got != want {
		t.Errorf("preferences %s, want %s", got, want)
	}
}

func TestSystemsInsideAreNotReached(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t, func(needs *api.Needs) { needs.Egress = egress.Policy{} })
	typed := map[string]any{"endpoint": elsewhere(t, oneIssue), "api_token": "s3cret"}
	for _, system := range []string{"github", "gitlab", "idoit"} {
		got := o.Post("boss", "/integration/"+system+"/verify", body(t, typed)).Is(200).Object()
		if got["result"] != "failed" {
			t.Errorf("%s: %v", system, got)
		}
	}
}
