package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/rules"
)

// BenchmarkTwoHundredTriggers judges 200 triggers' conditions for one event.
func BenchmarkTwoHundredTriggers(b *testing.B) {
	attributes := rules.TicketAttributes(&desk.Catalog{})
	shapes := []string{
		`{"ticket.action":{"operator":"is","value":"create"},"ticket.group_id":{"operator":"is","value":["%d"]},"article.sender_id":{"operator":"is","value":2}}`,
		`{"ticket.title":{"operator":"contains","value":"word%d"},"ticket.state_id":{"operator":"is not","value":["4"]}}`,
		`{"operator":"AND","conditions":[{"name":"ticket.priority_id","operator":"has changed"},{"operator":"OR","conditions":[
			{"name":"customer.email","operator":"ends with one of","value":["@example%d.com"]},{"name":"ticket.tags","operator":"contains one","value":"a,b"}]}]}`,
		`{"article.body":{"operator":"matches regex","value":"(invoice|order) no\\. %d"},"ticket.owner_id":{"operator":"is","pre_condition":"not_set"}}`,
	}
	body := strings.Repeat("The printer on the second floor is out of ink again, please send some. ", 30)
	var conditions []*rules.Condition
	for i := range 200 {
		shape := shapes[i%3]
		if i%10 == 9 { // few people write regular expressions
			shape = shapes[3]
		}
		condition, err := rules.ParseCondition(fmt.Appendf(nil, shape, i), attributes)
		if err != nil {
			b.Fatal(err)
		}
		conditions = append(conditions, condition)
	}
	facts := &rules.Facts{
		One: map[string]rules.Row{
			"ticket":   {"id": int64(1), "group_id": int64(7), "state_id": int64(1), "priority_id": int64(2), "owner_id": int64(1), "title": "Printer is out of ink again"},
			"customer": {"id": int64(50), "email": "nina@example.org"}, "owner": {"id": int64(1)},
		},
		Many: map[string][]rules.Row{"article": {{"id": int64(9), "sender_id": int64(2), "internal": false, "body": body}}},
		Tags: []string{"printer", "ink"},
	}
	context := rules.Context{
		Now: time.Now(), Zone: time.UTC,
		Event: &rules.Event{Type: "update", Changed: []string{"priority_id"}, Article: 9, Selective: true},
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, condition := range conditions {
			bound, err := condition.Bind(context)
			if err != nil {
				b.Fatal(err)
			}
			bound.Matches(facts)
		}
	}
}
