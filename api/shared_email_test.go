package api_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
	"postroom/internal/desk"
)

func TestSeveralUsersShareAnAddressWhereTheSettingSaysSo(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	const taken = "Email address 'david@example.com' is already used for another user."
	twin := `{"firstname": "Twin", "login": "twin", "email": "David@example.com"}`
	o.Post("boss", "/users", twin).Refuses(422, taken)
	o.Setting("user_email_multiple_use", true)
	id := o.Post("boss", "/users", twin).Is(201).ID()

	found, err := o.Store.EnsureUsers(t.Context(), []desk.Person{{Email: "david@example.com"}})
	if err != nil || found["david@example.com"].ID == desk.UserID(id) {
		t.Errorf("mail of the address comes from %d, %v; want who had it first", found["david@example.com"].ID, err)
	}

	o.Setting("user_email_multiple_use", false)
	path := fmt.Sprintf("/users/%d", id)
	o.Put("boss", path, `{"note": "kept his address"}`).Is(200)
	o.Put("boss", path, `{"email": "twin@example.com"}`).Is(200)
	o.Put("boss", path, `{"email": "david@example.com"}`).Refuses(422, taken)
}
