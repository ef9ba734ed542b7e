package api_test

// ruleReplays are those of calendars, service levels and object attributes.
var ruleReplays = map[string]replay{
	"calendar.list":   {},
	"calendar.show":   {prepare: made("/calendars", calendar)},
	"calendar.create": {},
	"calendar.update": {prepare: made("/calendars", calendar)},
	"calendar.delete": {prepare: made("/calendars", calendar)},

	"sla.list":   {prepare: made("/slas", sla)},
	"sla.show":   {prepare: made("/slas", sla)},
	"sla.create": {},
	"sla.update": {prepare: made("/slas", sla)},
	"sla.delete": {prepare: made("/slas", sla)},

	"object_attribute.list":                          {},
	"object_attribute.show":                          {prepare: with("id", 18)},
	"object_attribute.create":                        {},
	"object_attribute.create.default_screens_ticket": {of: "object_attribute.create"},
	"object_attribute.update":                        {prepare: all(made("/object_manager_attributes", attribute), migrated)},
	"object_attribute.delete":                        {prepare: made("/object_manager_attributes", attribute)},
	"object_attribute.execute_migrations":            {prepare: made("/object_manager_attributes", attribute)},
}

const (
	calendar = `{"name":"Test calendar","timezone":"Europe/Berlin","ical_url":"","public_holidays":{"2021-11-10":{"active":true,"summary":"Feast day 1"}},
		"business_hours":{"mon":{"active":true,"timeframes":[["09:00","17:00"]]},"tue":{"active":true,"timeframes":[["09:00","17:00"]]},
		"wed":{"active":true,"timeframes":[["09:00","17:00"]]},"thu":{"active":true,"timeframes":[["09:00","17:00"]]},
		"fri":{"active":true,"timeframes":[["09:00","17:00"]]},"sat":{"active":false,"timeframes":[["10:00","14:00"]]},
		"sun":{"active":false,"timeframes":[["10:00","14:00"]]}}}`
	sla = `{"name":"gold","calendar_id":1,"first_response_time":120,"update_time":120,"solution_time":120,
		"condition":{"ticket.state_id":{"operator":"is","value":"2"}}}`
	attribute = `{"name":"sample_boolean","object":"Ticket","display":"Sample Boolean","active":true,"position":1550,"data_type":"boolean",
		"data_option":{"options":{"true":"very correct indeed","false":"very incorrect indeed"},"default":false},"screens":{}}`
)

func migrated(s *scene) {
	s.Post("chris", "/object_manager_attributes_execute_migrations", "").Is(200)
}
