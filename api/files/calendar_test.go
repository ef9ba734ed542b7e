package files_test

import (
	"fmt"
	"testing"

	"postroom/api/apitest"
)

const invitation = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Berlin:20240701T100000\r\n" +
	"DTEND:20240701T090000Z\r\nSUMMARY:Talk\\, at noon\r\nLOCATION:Room 1\r\nORGANIZER:mailto:emma@example.com\r\nATTENDEE:mailto:david@example.com\r\n" +
	"END:VEVENT\r\nEND:VCALENDAR\r\n"

func TestEventsInAFileAreShown(t *testing.T) {
	t.Parallel()
	o := apitest.Open(t)
	ticket := o.NewTicket(1, "david", "Invitation")
	article := o.Post("emma", "/ticket_articles", fmt.Sprintf(`{"ticket_id":%d,"body":"x","attachments":[
		{"filename":"invite.ics","data":%q,"mime-type":"text/calendar"},{"filename":"a.txt","data":%q,"mime-type":"text/plain"}]}`,
		ticket, apitest.Encoded(invitation), apitest.Encoded("hello"))).Is(201).Object()
	files := article["attachments"].([]any)
	at := func(i int) string {
		return fmt.Sprintf("/ticket_attachment/%d/%v/%v", ticket, article["id"], files[i].(map[string]any)["id"])
	}
	const want = `{"filename":"invite.ics","events":[{"title":"Talk, at noon","location":"Room 1","start_date":"2024-07-01T08:00:00.000Z",` +
		`"end_date":"2024-07-01T09:00:00.000Z","all_day":false,"attendees":["david@example.com"],"organizer":"emma@example.com","description":""}]}`
	for _, path := range []string{at(0), fmt.Sprintf("/attachments/%v", files[0].(map[string]any)["id"])} {
		o.Get("david", path+"?view=preview&type=calendar").Is(200).Same(t, want)
	}
	o.Get("david", at(1)+"?view=preview&type=calendar").Refuses(422, "This file is no calendar that can be read.")
	if plain := o.Get("david", at(0)+"?view=preview").Is(200); string(plain.Body) != invitation {
		t.Errorf("without type: %s", plain.Body)
	}
	o.Get("stranger", at(0)+"?view=preview&type=calendar").Is(403)
}
