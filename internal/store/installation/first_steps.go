package installation

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// FirstSteps says what was done already of what whoever begins with a helpdesk does.
type FirstSteps struct {
	Agents      int  // how many there are
	Customers   bool // besides the one of the sample ticket
	Email       bool // there is an account to fetch mail from
	Form        bool // the web form is on
	Telegram    bool
	SMS         bool
	Overviews   bool // somebody changed or made one
	TextModules bool // somebody wrote one
	TestTicket  bool // somebody made one
}

var firstSteps = `
	SELECT (
			SELECT count(DISTINCT u.id)
			FROM permissions p
			JOIN permissions_roles pr ON pr.permission_id = p.id
			JOIN roles r ON r.id = pr.role_id AND r.active
			JOIN roles_users ru ON ru.role_id = r.id
			JOIN users u ON u.id = ru.user_id AND u.active
			WHERE p.active AND p.name IN ('ticket', 'ticket.agent')) AS agents,
		EXISTS (SELECT FROM users u WHERE u.active AND u.id > $1 AND u.email <> $2 AND ` + directory.HoldsAny("u.id", "ARRAY['ticket.customer']") + `) AS customers,
		EXISTS (SELECT FROM channels WHERE area = 'Email::Account' AND active) AS email,
		coalesce((SELECT state_current->'value' = 'true' FROM settings WHERE name = 'form_ticket_create'), false) AS form,
		EXISTS (SELECT FROM channels WHERE area = 'Telegram::Bot' AND active) AS telegram,
		EXISTS (SELECT FROM channels WHERE area = 'Sms::Account' AND active) AS sms,
		EXISTS (SELECT FROM overviews WHERE updated_by_id > $1) AS overviews,
		EXISTS (SELECT FROM text_modules WHERE updated_by_id > $1) AS text_modules,
		EXISTS (SELECT FROM tickets t JOIN users u ON u.id = t.customer_id WHERE u.email = $2 AND t.id > 1) AS test_ticket`

// FirstSteps looks what was done. sampleCustomer is the mail address of the customer that every new
// installation has.
func (s Keeper) FirstSteps(ctx context.Context, sampleCustomer string) (FirstSteps, error) {
	found, err := pg.Many[FirstSteps](ctx, s.DB, "first steps", firstSteps, desk.SystemUser, sampleCustomer)
	if err != nil {
		return FirstSteps{}, err
	}
	return found[0], nil
}
