package objects_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"postroom/api/apitest"
)

// warehouse is another system that knows things by their names.
func warehouse(t *testing.T) string {
	t.Helper()
	system := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user+":"+password != "clerk:open sesame" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"products": [{"id": 1, "title": %q}]}`, r.URL.Query().Get("q")+" for "+r.URL.Query().Get("who"))
	}))
	t.Cleanup(system.Close)
	return system.URL
}

func TestValuesOfOtherSystems(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	source := fmt.Sprintf(`{"search_url": "%s/?q=#{search.term}&who=#{user.login}", "search_result_list_key": "products", "search_result_value_key": "id",
		"search_result_label_key": "title", "http_auth_type": "basic_auth", "http_basic_auth_username": "clerk", "http_basic_auth_password": %%q}`, warehouse(t))
	for _, object := range []string{"Ticket", "Group"} {
		o.Post("boss", path, fmt.Sprintf(`{"object": %q, "name": "product", "display": "Product", "data_type": "autocompletion_ajax_external_data_source",
			"data_option": %s}`, object, fmt.Sprintf(source, "open sesame"))).Is(201)
	}
	migrate(o)
	for _, a := range o.Get("boss", path).Is(200).List() {
		if a["name"] == "product" && a["data_option"].(map[string]any)["http_basic_auth_password"] != "**********" {
			t.Errorf("the password is shown: %v", a)
		}
	}
	o.Get("david", "/external_data_source/Ticket/product?query=lamp+%26+co").Is(200).Same(t, `{"result":[{"value":"1","label":"lamp \u0026 co for david"}]}`)
	o.Get("emma", "/external_data_source/Ticket/product?query=lamp").Is(200)
	o.Get("emma", "/external_data_source/Group/product?query=lamp").Is(403)
	o.Get("boss", "/external_data_source/Group/product?query=lamp").Is(200)
	o.Get("emma", "/external_data_source/Ticket/title?query=lamp").Refuses(404, "Couldn't find ObjectManager::Attribute")
	o.Get("emma", "/external_data_source/Robot/product?query=lamp").Is(403)

	preview := func(password, more string) map[string]any {
		return o.Post("boss", "/external_data_source/preview", `{"query": "lamp", "data_option": `+fmt.Sprintf(source, password)+more+`}`).Is(200).Object()
	}
	if got := preview("open sesame", ""); got["success"] != true || fmt.Sprint(got["parsed_items"]) != "[map[label:lamp for boss value:1]]" || got["response_body"] == nil {
		t.Errorf("preview: %v", got)
	}
	if got := preview("wrong", ""); got["success"] != false || got["error"] != "Search request failed with status 401" {
		t.Errorf("preview with a wrong password: %v", got)
	}
	if got := preview("**********", `, "object": "Ticket", "name": "product"`); got["success"] != true {
		t.Errorf("preview with the password that is kept: %v", got)
	}
	// What was not shown is not lost when it is sent back.
	o.Put("boss", path+"/1", `{"object": "Ticket", "name": "product", "data_option": `+fmt.Sprintf(source, "**********")+`}`).Is(200)
	migrate(o)
	o.Get("emma", "/external_data_source/Ticket/product?query=lamp").Is(200)
}
