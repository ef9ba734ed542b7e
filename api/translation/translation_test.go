package translation_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

func TestTextsAreReadAsAdministratorsWantThem(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	id := o.Post("chris", "/translations/upsert", `{"locale": "de-DE", "source": "Ticket", "target": "Vorgang"}`).Is(200).ID()
	again := o.Put("chris", "/translations/upsert", `{"locale": "de-de", "source": "Ticket", "target": "Anliegen"}`).Is(200)
	if again.ID() != id || again.Object()["target"] != "Anliegen" {
		t.Errorf("%s, want id %d", again.Body, id)
	}
	other := o.Post("chris", "/translations", `{"locale": "de-de", "source": "Owner", "target": "Zuständig"}`).Is(201).ID()
	o.Post("chris", "/translations", `{"locale": "de-de", "source": "Owner", "target": "x"}`).Refuses(422, "This object already exists.")
	o.Post("chris", "/translations/upsert", `{"locale": "de-de", "target": "x"}`).Refuses(422, "Source can't be blank")
	o.Post("chris", "/translations/upsert", `{"source": "x", "target": "x"}`).Refuses(422, "Locale can't be blank")
	o.Send(o.Request("GET", "/api/v1/translations/lang/de-de", "")).Is(200).
		Same(t, fmt.Sprintf(`{"total":2,"list":[[%d,"Owner","Zuständig"],[%d,"Ticket","Anliegen"]]}`, other, id))
	o.Send(o.Request("GET", "/api/v1/translations/lang/en-us", "")).Is(200).Same(t, `{"total":0,"list":[]}`)
	if found := o.Get("chris", "/translations/search/de-de?query=anl").Is(200).Object(); found["total_count"] != 1.0 {
		t.Errorf("search %v", found)
	}
	if n := len(o.Get("chris", "/translations/customized").Is(200).List()); n != 2 {
		t.Errorf("%d customized", n)
	}
	o.Put("chris", fmt.Sprintf("/translations/%d", other), `{"target": "Bearbeiter"}`).Is(200)
	o.Put("chris", fmt.Sprintf("/translations/reset/%d", other), "").Is(200)
	o.Get("chris", fmt.Sprintf("/translations/%d", other)).Refuses(404, fmt.Sprintf("Couldn't find Translation with 'id'=%d", other))
	o.Post("chris", "/translations/reset", "").Is(200)
	if n := len(o.Get("chris", "/translations?expand=true").Is(200).List()); n != 0 {
		t.Errorf("%d after a reset", n)
	}
	o.Get("chris", "/translations/sync/de-de").Is(200)
	o.Put("chris", "/translations/push", "").Refuses(422, "Translations can't be sent to anybody: they stay in this installation.")
	for _, who := range []string{"emma", "david"} {
		o.Get(who, "/translations").Is(403)
		o.Post(who, "/translations/upsert", `{"locale": "de-de", "source": "x", "target": "y"}`).Is(403)
	}
}
