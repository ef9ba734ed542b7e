package main

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
)

// triggerShapes are conditions as people write them; the number makes each another.
var triggerShapes = []string{
	`{"ticket.action":{"operator":"is","value":"create"},"ticket.group_id":{"operator":"is","value":["%d"]},"article.sender_id":{"operator":"is","value":2}}`,
	`{"ticket.title":{"operator":"contains","value":"word%d"},"ticket.state_id":{"operator":"is not","value":["4"]}}`,
	`{"operator":"AND","conditions":[{"name":"ticket.priority_id","operator":"has changed"},{"operator":"OR","conditions":[
		{"name":"customer.email","operator":"ends with one of","value":["@example%d.com"]},{"name":"ticket.tags","operator":"contains one","value":"a,b"}]}]}`,
}

const (
	triggerPattern = `{"article.body":{"operator":"matches regex","value":"(invoice|order) no\\. %d"},"ticket.owner_id":{"operator":"is","pre_condition":"not_set"}}`
	triggerCount   = 200
	triggerEvents  = 2000
)

// benchTriggers measures the judging of events alone: what it takes of a processor, whatever else
// runs on the machine.
func benchTriggers(_ context.Context, b *bench) error {
	attributes := rules.TicketAttributes(&desk.Catalog{})
	var conditions []*rules.Condition
	for i := range triggerCount {
		shape := triggerShapes[i%len(triggerShapes)]
		if i%10 == 9 { // few people write regular expressions
			shape = triggerPattern
		}
		condition, err := rules.ParseCondition(fmt.Appendf(nil, shape, i), attributes)
		if err != nil {
			return err
		}
		conditions = append(conditions, condition)
	}
	facts, against := triggerFacts(), rules.Context{
		Now: time.Now(), Zone: time.UTC,
		Event: &rules.Event{Type: "update", Changed: []string{"priority_id"}, Article: 9, Selective: true},
	}
	before, matched := processorTime(), 0
	for range triggerEvents {
		for _, condition := range conditions {
			bound, err := condition.Bind(against)
			if err != nil {
				return err
			}
			if bound.Matches(facts) {
				matched++
			}
		}
	}
	each := (processorTime() - before) / triggerEvents
	b.report.add(fmt.Sprintf("one event against %d triggers", triggerCount), each.Round(time.Microsecond).String(), "2 ms",
		fmt.Sprintf("processor time, one of ten with a regular expression over 2 KB; %d matched each event", matched/triggerEvents))
	return nil
}

func triggerFacts() *rules.Facts {
	body := strings.Repeat("The printer on the second floor is out of ink again, please send some. ", 30)
	return &rules.Facts{
		One: map[string]rules.Row{
			"ticket": {
				"id": int64(1), "group_id": int64(7), "state_id": int64(1), "priority_id": int64(2), "owner_id": int64(1),
				"title": "Printer is out of ink again",
			},
			"customer": {"id": int64(50), "email": "nina@example.org"}, "owner": {"id": int64(1)},
		},
		Many: map[string][]rules.Row{"article": {{"id": int64(9), "sender_id": int64(2), "internal": false, "body": body}}},
		Tags: []string{"printer", "ink"},
	}
}

// processorTime is what this process took of the processors up to now.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
