package personal_test

import (
	"fmt"
	"slices"
	"testing"

	"postroom/api/apitest"
)

// links are those of the overviews that somebody is shown, in order.
func links(o *apitest.Office, who string) (all []string) {
	o.T.Helper()
	for _, overview := range o.Get(who, "/ticket_overviews").Is(200).List() {
		all = append(all, overview["link"].(string))
	}
	return all
}

func TestOverviewsInAnOrderOfOnesOwn(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	usual := links(o, "emma")
	if len(usual) < 4 {
		t.Fatalf("emma sees %v", usual)
	}
	id := func(link string) (id int) {
		o.One(&id, `SELECT id FROM overviews WHERE link = $1`, link)
		return id
	}
	last, third := usual[len(usual)-1], usual[2]
	o.Post("emma", "/user_overview_sortings_prio", fmt.Sprintf(`{"prios":[[%d,1],["%d",2]]}`, id(last), id(third))).Is(200).Same(t, `{"success":true}`)
	want := append([]string{last, third}, slices.DeleteFunc(slices.Clone(usual), func(l string) bool { return l == last || l == third })...)
	if got := links(o, "emma"); !slices.Equal(got, want) {
		t.Errorf("emma's overviews: %v, want %v", got, want)
	}
	if got := links(o, "chris"); slices.Equal(got, want) {
		t.Errorf("chris' overviews follow the order of emma: %v", got)
	}

	records := o.Get("emma", "/user_overview_sortings?expand=true").Is(200).List()
	if len(records) != 2 || records[0]["user"] != "emma" || records[0]["overview_id"] != float64(id(last)) || records[0]["overview"] == nil {
		t.Errorf("emma's order: %v", records)
	}
	me := o.Get("emma", "/users/me").Is(200).Object()
	if ids := me["overview_sorting_ids"].([]any); len(ids) != 2 || ids[0] != records[0]["id"] {
		t.Errorf("emma's overview_sorting_ids: %v of %v", ids, records)
	}
	o.Post("emma", "/user_overview_sortings_prio", `{"prios":[]}`).Is(200)
	if got := links(o, "emma"); !slices.Equal(got, usual) {
		t.Errorf("without an order of her own: %v, want %v", got, usual)
	}
	o.Post("emma", "/user_overview_sortings_prio", `{"prios":[[1]]}`).Refuses(422, "Invalid value for param 'prios': [1]")
	o.Post("emma", "/user_overview_sortings_prio", `{"prios":[[4711,1]]}`).Refuses(404, "Couldn't find Overview with 'id'=4711")
}

func TestPlacesOfOverviewsOneByOne(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var overview int
	o.One(&overview, `SELECT max(id) FROM overviews`)
	made := o.Post("emma", "/user_overview_sortings", fmt.Sprintf(`{"overview_id":%d,"prio":3}`, overview)).Is(201)
	path := fmt.Sprintf("/user_overview_sortings/%d", made.ID())
	o.Get("emma", path).Is(200).Same(t, string(made.Body))
	o.Get("chris", path).Refuses(404, fmt.Sprintf("Couldn't find User::OverviewSorting with 'id'=%d", made.ID()))
	o.Put("chris", path, `{"prio":1}`).Is(404)
	if got := o.Put("emma", path, `{"prio":"7"}`).Is(200).Object(); got["prio"] != 7.0 || got["overview_id"] != float64(overview) {
		t.Errorf("changed: %v", got)
	}
	again := o.Post("emma", "/user_overview_sortings", fmt.Sprintf(`{"overview_id":%d,"prio":1}`, overview)).Is(201)
	if again.ID() != made.ID() {
		t.Errorf("an overview has two places: %d and %d", made.ID(), again.ID())
	}
	o.Post("emma", "/user_overview_sortings", `{"prio":1}`).Refuses(422, "Attribute 'overview_id' required!")
	o.Post("emma", "/user_overview_sortings", `{"overview_id":4711,"prio":1}`).Refuses(422, "Invalid value for param 'overview_id': 4711")
	o.Del("chris", path).Is(404)
	o.Del("emma", path).Is(200).Same(t, `{}`)
	o.Get("emma", path).Is(404)
}
