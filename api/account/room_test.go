package account_test

import (
	"strconv"

	"postroom/api/apitest"
	"postroom/internal/desk"
)

func itoa(n int) string { return strconv.Itoa(n) }

func userID(o *apitest.Office, login string) desk.UserID { return desk.UserID(o.UserID(login)) }
