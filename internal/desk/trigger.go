package desk

import "time"

// Ids of rules.
type (
	TriggerID          int64
	SchedulerID        int64
	PostmasterFilterID int64
	CoreWorkflowID     int64
)

// When a trigger looks at a ticket.
const (
	ActivatorAction = "action" // when somebody did something
	ActivatorTime   = "time"   // when a time is reached

	ModeSelective = "selective" // only if something changed that its condition names
	ModeAlways    = "always"
)

// Trigger is what is done to a ticket when something happened to it.
type Trigger struct {
	ID                     TriggerID
	Name                   string // triggers run in the order of their names
	Condition              map[string]any
	Perform                map[string]any
	Activator              string
	ExecutionConditionMode string
	DisableNotification    bool
	Localization           *string // of texts that are filled in; nil: the installation's
	Timezone               *string
	Note                   *string
	Active                 bool
	Stamp
}

// Scheduler is what is done to many records at planned times. Clients call it a job.
type Scheduler struct {
	ID                  SchedulerID
	Name                string
	Object              string // Ticket, User, Organization
	Timeplan            map[string]any
	Condition           map[string]any
	Perform             map[string]any
	DisableNotification bool
	Localization        *string
	Timezone            *string
	LastRunAt           *time.Time
	NextRunAt           *time.Time // nil: never
	Running             bool
	Processed           int // records that the last run worked on
	Matching            int // records that the condition found when it was last looked at
	Note                *string
	Active              bool
	Stamp
}

// PostmasterFilter is what administrators let happen to mails that come in.
type PostmasterFilter struct {
	ID      PostmasterFilterID
	Name    string // filters run in the order of their names
	Channel string // email
	Match   map[string]any
	Perform map[string]any
	Active  bool
	Note    *string
	Stamp
}

// CoreWorkflow is a rule about a form: what it shows, demands and offers.
type CoreWorkflow struct {
	ID                CoreWorkflowID
	Name              string
	Object            *string        // Ticket, User, Group …; nil: all
	Module            *string        // of a rule that is built in
	Preferences       map[string]any // screen: the forms it is for
	ConditionSaved    map[string]any // of the record as it is stored
	ConditionSelected map[string]any // of the form as it is filled in
	Perform           map[string]any
	Priority          int // rules run in this order
	StopAfterMatch    bool
	Changeable        bool // false: built in
	Active            bool
	Stamp
}
