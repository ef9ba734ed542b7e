package api_test

import "maps"

// replays says how each entry of the contract is asked for.
var replays = joined(peopleReplays, deskReplays, personalReplays, ruleReplays)

func joined(parts ...map[string]replay) map[string]replay {
	all := map[string]replay{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// olderUser are keys of users that newer versions don't answer.
var olderUser = []string{"karma_user_ids"}

// peopleReplays are those of users, organizations, groups, roles, and what administrators set up for tickets.
var peopleReplays = map[string]replay{
	"user.me":                {without: olderUser},
	"user.list":              {without: olderUser, cust: 200},
	"user.show":              {without: olderUser, prepare: called("david")},
	"user.sample_intro@000":  {without: olderUser, prepare: called("david")},
	"user.sample_intro@002":  {without: olderUser, prepare: called("david")},
	"user.create":            {without: olderUser, prepare: func(s *scene) { s.Post("chris", "/organizations", `{"name":"Sample Corp."}`).Is(201) }, check: says(`"role_ids":[2,3]`, `"organization_id":4`)},
	"user.update":            {without: olderUser, prepare: made("/users", `{"firstname":"Jane","email":"jdoe@example.com"}`)},
	"user.delete":            {prepare: made("/users", `{"firstname":"Jane","email":"jdoe@example.com"}`)},
	"organization.list":      {cust: 200},
	"organization.show":      {cust: 200, prepare: func(s *scene) { s.find("id", `SELECT id FROM organizations WHERE name = 'Acme'`) }},
	"organization.create":    {agent: 201, prepare: withOlivia, check: withMembers},
	"organization.update":    {agent: 200, prepare: func(s *scene) { withOlivia(s); made("/organizations", `{"name":"Sample","vip":true}`)(s) }},
	"organization.delete":    {agent: 200, prepare: made("/organizations", `{"name":"Sample Corp."}`)},
	"group.list":             {agent: 200, cust: 200},
	"group.show":             {agent: 200, cust: 200, prepare: with("id", 2)},
	"group.create":           {},
	"group.update":           {prepare: func(s *scene) { made("/groups", `{"name":"Amazing"}`)(s); s.send["email_address_id"] = 1 }},
	"group.delete":           {prepare: made("/groups", `{"name":"Amazing Group"}`)},
	"role.list":              {agent: 200, cust: 200},
	"role.show":              {agent: 200, cust: 200, prepare: with("id", 2)},
	"role.create":            {prepare: withAgentPermission},
	"role.update":            {prepare: func(s *scene) { made("/roles", `{"name":"VIP service"}`)(s); withAgentPermission(s) }},
	"ticket_priority.list":   {},
	"ticket_priority.show":   {prepare: with("id", 3)},
	"ticket_priority.create": {},
	"ticket_priority.update": {prepare: with("id", 3)},
	"ticket_priority.delete": {prepare: made("/ticket_priorities", `{"name":"4 disaster"}`)},
	"ticket_state.list":      {},
	"ticket_state.show":      {prepare: with("id", 4)},
	"ticket_state.create":    {},
	"ticket_state.update":    {prepare: made("/ticket_states", `{"name":"in progress","state_type_id":2}`), check: shows("note", "State created &amp; updated via API")},
	"ticket_state.delete":    {prepare: made("/ticket_states", `{"name":"in progress","state_type_id":2}`)},

	"group.search":        {agent: 403, cust: 403, prepare: with("search string", "sales"), check: finds("name", "Sales")},
	"organization.search": {cust: 403, prepare: with("search string", "acme"), check: finds("name", "Acme")},
	"role.search":         {agent: 403, cust: 403, prepare: with("search string", "agent"), check: finds("name", "Agent")},
	"user.search":         {cust: 403, prepare: with("search string", "bell"), check: finds("login", "david")},
}
