package telephony

import (
	"context"
	"strconv"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/store/directory"
	"postroom/internal/store/pg"
)

// Every way is looked up by its index; the first that finds an agent counts.
const takerOf = `
	SELECT u.id
	FROM (
		SELECT user_id AS id, 1 AS way FROM cti_caller_ids WHERE caller_id = $1 AND level = 'known' AND user_id IS NOT NULL
		UNION ALL
		SELECT id, 2 FROM users WHERE phone = $2 AND phone <> ''
		UNION ALL
		SELECT id, 3 FROM users WHERE login = lower($2)
		UNION ALL
		SELECT id, 4 FROM users WHERE login = lower($3)
		UNION ALL
		SELECT id, 5 FROM users WHERE id = $6
		UNION ALL
		SELECT id, 6 FROM users WHERE email = lower($4) AND email <> ''
		UNION ALL
		SELECT id, 7 FROM users WHERE id = $7
	) found
	JOIN users u ON u.id = found.id AND u.active
	WHERE `

// CallTaker returns the agent who took a call, by what the telephone system says about that; 0: nobody
// that we know. number is that of the telephone in the form of caller ids, holds the permissions of which
// an agent has one.
func (s Keeper) CallTaker(ctx context.Context, t telephone.CallTaker, number string, holds []string) (desk.UserID, error) {
	sql := takerOf + directory.HoldsAny("u.id", "$5") + ` ORDER BY found.way, u.id LIMIT 1`
	id, _ := strconv.ParseInt(t.User, 10, 64)      // a mail address is none
	other, _ := strconv.ParseInt(t.Number, 10, 64) // some systems are told our ids in place of numbers
	found, err := pg.Column[desk.UserID](ctx, s.DB, "who took a call", sql, number, t.Number, t.Login, t.User, holds, id, other)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0], nil
}

// mostCalled bounds how many agents a call is for.
const mostCalled = 1000

// AgentsCalled returns the agents whom a call to a number is for: some users, and those who are known to have the number in the
// form of caller ids. holds are the permissions of which an agent has one.
func (s Keeper) AgentsCalled(ctx context.Context, users []desk.UserID, number string, holds []string) ([]desk.UserID, error) {
	return pg.Column[desk.UserID](ctx, s.DB, "who is called", `
		SELECT u.id
		FROM users u
		WHERE u.active
			AND (u.id = ANY($1) OR u.id IN (SELECT user_id FROM cti_caller_ids WHERE caller_id = $2 AND level = 'known'))
			AND `+directory.HoldsAny("u.id", "$3")+`
		ORDER BY u.id
		LIMIT $4`, pg.Plain(users), number, holds, mostCalled)
}

// AllAgents returns everybody whom calls may be for.
func (s Keeper) AllAgents(ctx context.Context, holds []string) ([]desk.UserID, error) {
	return pg.Column[desk.UserID](ctx, s.DB, "who may see calls", `
		SELECT u.id
		FROM users u
		WHERE u.active AND `+directory.HoldsAny("u.id", "$1")+`
		ORDER BY u.id
		LIMIT $2`, holds, mostCalled)
}

// CustomerSince reports whether a ticket of a customer changed since a time.
func (s Keeper) CustomerSince(ctx context.Context, customer desk.UserID, since time.Time) (bool, error) {
	return pg.Value[bool](ctx, s.DB, "tickets of a caller",
		`SELECT EXISTS (SELECT FROM tickets WHERE customer_id = $1 AND updated_at >= $2)`, customer, since)
}
