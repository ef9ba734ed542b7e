package teamwork

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Ids of spent time and its kinds.
type (
	TimeAccountingID     int64
	TimeAccountingTypeID int64
)

// TimeAccounting is time that somebody spent on a ticket, in whatever unit the installation counts.
type TimeAccounting struct {
	ID              TimeAccountingID
	TicketID        desk.TicketID
	TicketArticleID *desk.ArticleID // nil: not for an article
	TimeUnit        string          // decimal, two places
	TypeID          *TimeAccountingTypeID
	CreatedByID     desk.UserID
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

// TimeAccountingType is an activity that time is spent on.
type TimeAccountingType struct {
	ID     TimeAccountingTypeID
	Name   string
	Note   string
	Active bool
	desk.Stamp
}

// maxTimeUnit bounds what the column holds: ten digits before the point.
const maxTimeUnit = 1e10

// TimeUnit reads spent time as a client sends it, a number or a text, decoded from JSON. It returns
// an *desk.InvalidError for what is no number.
func TimeUnit(sent any) (string, error) {
	text := ""
	switch v := sent.(type) {
	case string:
		text = strings.Replace(strings.TrimSpace(v), ",", ".", 1) // as many people write it
	case json.Number:
		text = v.String()
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(number) || math.Abs(number) >= maxTimeUnit-0.01 {
		return "", &desk.InvalidError{Field: "time_unit", Reason: "Time unit is not a number"}
	}
	unit := strconv.FormatFloat(number, 'f', 2, 64)
	if unit == "-0.00" {
		unit = "0.00"
	}
	return unit, nil
}

// MayAccountTime returns nil, or a *desk.ForbiddenError that says why somebody can't book time on a ticket.
func MayAccountTime(c *desk.Caller, t desk.Ticket, catalog *desk.Catalog) error {
	switch a := c.TicketAccess(); {
	case c.Can("admin.time_accounting"):
		return nil
	case !catalog.Settings.Bool("time_accounting"):
		return &desk.ForbiddenError{Reason: "Time Accounting is not enabled"}
	case a.MayChangeAsAgent(t) == nil:
		return nil
	default:
		return a.MayCreateAsAgent(t)
	}
}
