package people_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"postroom/api/apitest"
)

func TestPeopleAreFoundByTextAndCondition(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	o.Exec(`UPDATE users SET note = 'likes tea_and-milk', vip = true, firstname = 'Ada', lastname = 'Byron' WHERE login = 'lone'`)
	o.NewTicket(1, "lone", "x")
	lone := []int{o.UserID("lone")}
	for _, query := range []string{
		"tea_and-milk", "ada byron", `"ada byron"`, "firstname:ada", "vip:true", "note:tea_and*", "(nobody OR byron) -emma",
		fmt.Sprintf("id:%d", lone[0]),
	} {
		if got := idsIn(o.Get("emma", "/users/search?query="+url.QueryEscape(query)).Is(200).List()); !slices.Equal(got, lone) {
			t.Errorf("%s finds %v, want %v", query, got, lone)
		}
	}
	for _, condition := range []string{
		`{"user.vip": {"operator": "is", "value": "true"}}`, `{"user.lastname": {"operator": "is", "value": "Byron"}}`,
		`{"operator": "AND", "conditions": [{"name": "ticket_customer.open_existing", "operator": "is", "value": true}, {"name": "user.vip", "operator": "is", "value": true}]}`,
		`{"ticket_customer.existing": {"operator": "is", "value": true}, "organization.name": {"operator": "starts with", "value": "lone"}, "user.role_ids": {"operator": "is", "value": [3]}}`,
	} {
		if got := idsIn(o.Post("emma", "/users/search", `{"condition": `+condition+`}`).Is(200).List()); !slices.Equal(got, lone) {
			t.Errorf("%s finds %v, want %v", condition, got, lone)
		}
	}
	found := o.Get("emma", "/users/search?term=byron&label=true").Is(200).List()
	if len(found) != 1 || found[0]["inactive"] != false {
		t.Errorf("to choose from: %v", found)
	}
	if whole := o.Get("emma", "/users/search?term=byron&expand=true").Is(200).List(); len(whole) != 1 || whole[0]["login"] != "lone" || whole[0]["roles"] == nil {
		t.Errorf("with names: %v", whole)
	}
	o.Get("emma", "/users/search?query=vip:true&only_total_count=true").Is(200).Same(t, `{"total_count":1}`)
	o.Get("david", "/users/search?query=byron").Is(403)
	o.Post("emma", "/users/search", `{"condition": {"user.password": {"operator": "contains", "value": "x"}}}`).Refuses(422, "Invalid object selector conditions")
	if got := o.Get("emma", "/users/search?query=password:x").Is(200).List(); len(got) != 0 {
		t.Errorf("passwords were searched: %v", got)
	}
}

func TestOrganizationsAreFoundByTextAndCondition(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	var acme int
	o.One(&acme, `UPDATE organizations SET domain = 'acme-works.test', note = 'old friends' WHERE name LIKE 'Acme%' RETURNING id`)
	for _, query := range []string{"acme", "acme-works.test", "domain:acme-works.test", "name:acme* AND note:friends", "OLD"} {
		if got := idsIn(o.Get("emma", "/organizations/search?query="+url.QueryEscape(query)).Is(200).List()); !slices.Equal(got, []int{acme}) {
			t.Errorf("%s finds %v, want %d", query, got, acme)
		}
	}
	got := idsIn(o.Post("emma", "/organizations/search", `{"condition": {"organization.domain": {"operator": "ends with", "value": ".test"}}, "query": "friends"}`).Is(200).List())
	if !slices.Equal(got, []int{acme}) {
		t.Errorf("a condition and a text find %v, want %d", got, acme)
	}
	o.Post("emma", "/organizations/search", `{"condition": {"user.login": {"operator": "is", "value": "x"}}}`).Refuses(422, "Invalid object selector conditions")
	o.Get("david", "/organizations/search?query=acme").Is(403)
}

func idsIn(list []map[string]any) []int {
	ids := []int{}
	for _, record := range list {
		ids = append(ids, int(record["id"].(float64)))
	}
	return ids
}
