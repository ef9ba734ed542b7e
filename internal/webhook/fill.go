package webhook

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"postroom/internal/desk"
)

// Notification is what payloads can say about why they are sent.
type Notification struct {
	Subject string
	Message string // who did what
	Link    string // to the ticket
	Body    string // of the article, as text
	Changes string // a line for each
}

// Call is one report to another system.
type Call struct {
	Subject      *Subject
	Webhook      desk.Webhook
	Notification Notification
	Now          time.Time
}

// Body is the JSON that is sent: the usual payload, or the webhook's own.
func (c *Call) Body() ([]byte, error) {
	payload := c.custom()
	if payload == "" {
		return json.Marshal(c.Subject.Payload())
	}
	body := []byte(fill(payload, c.objects()))
	if json.Valid(body) {
		return body, nil
	}
	return json.Marshal(Object{"error": "The payload is no JSON any more when its placeholders are filled in."})
}

// custom is the payload with placeholders; empty: the usual one is sent.
func (c *Call) custom() string {
	if c.Webhook.CustomizedPayload && c.Webhook.CustomPayload != nil {
		return strings.TrimSpace(*c.Webhook.CustomPayload)
	}
	if c.Webhook.PreDefinedWebhookType == nil {
		return ""
	}
	for _, d := range Definitions {
		if d.ID == *c.Webhook.PreDefinedWebhookType {
			return d.CustomPayload
		}
	}
	return ""
}

// objects are what placeholders can name.
func (c *Call) objects() Object {
	all := Object(c.Subject.Payload())
	if c.Subject.Article == nil {
		all["article"] = Object(nil)
	}
	ticket, _ := all["ticket"].(Object)
	ticket[stateColor] = c.stateColor()
	settings := c.Subject.Catalog.Settings
	all["config"] = Object{
		"fqdn": settings.String("fqdn"), "http_type": settings.String("http_type"), "ticket_hook": settings.String("ticket_hook"),
	}
	n := c.Notification
	all["notification"] = Object{"subject": n.Subject, "message": n.Message, "link": n.Link, "body": n.Body, "changes": n.Changes}
	all["webhook"] = c.fields()
	return all
}

// fields are what whoever set up a webhook for a well-known system said, and empty texts for the rest.
func (c *Call) fields() Object {
	all := Object{}
	if kind := c.Webhook.PreDefinedWebhookType; kind != nil {
		for _, d := range Definitions {
			for _, f := range d.Fields {
				if d.ID == *kind {
					all[f.Name] = ""
				}
			}
		}
	}
	said, _ := c.Webhook.Preferences["pre_defined_webhook"].(Object)
	maps.Copy(all, said)
	return all
}

// stateColor shows at a glance how a ticket is.
func (c *Call) stateColor() string {
	t := c.Subject.Ticket
	if t.EscalationAt != nil && t.EscalationAt.Before(c.Now) {
		return "#f35912"
	}
	switch c.Subject.Catalog.StateType(t.StateID) {
	case desk.StateTypeNew, desk.StateTypeOpen:
		return "#faab00"
	case desk.StateTypeClosed:
		return "#38ad69"
	case "pending reminder":
		if t.PendingTime != nil && t.PendingTime.Before(c.Now) {
			return "#faab00"
		}
	}
	return "#000000"
}

// placeholder is one that is a whole JSON text, or one inside of a text.
var placeholder = regexp.MustCompile(`"#\{([a-z0-9_.?!]+)\}"|#\{([a-z0-9_.?!]+)\}`)

// fill fills in a payload. A text that is nothing but a placeholder becomes a value of the type that
// the attribute has; inside of a text values are text.
func fill(payload string, objects Object) string {
	return placeholder.ReplaceAllStringFunc(payload, func(found string) string {
		whole := found[0] == '"'
		value := look(strings.Trim(found, `"#{}`), objects)
		if whole {
			return string(encoded(value))
		}
		text, isText := value.(string)
		if !isText {
			text = string(encoded(value))
		}
		quoted := string(encoded(text))
		return quoted[1 : len(quoted)-1]
	})
}

// encoded is a value as JSON, without the marks that only HTML needs.
func encoded(value any) []byte {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return []byte(`""`)
	}
	return []byte(strings.TrimSuffix(out.String(), "\n"))
}

// look follows a path, or says where it ends.
func look(path string, objects Object) any {
	name, rest, deeper := strings.Cut(path, ".")
	found, known := objects[name].(Object)
	if !known {
		return fmt.Sprintf("#{%s / no such object}", name)
	}
	walked := name
	for deeper {
		var step string
		if found == nil {
			return "" // a message that there is not says nothing
		}
		step, rest, deeper = strings.Cut(rest, ".")
		walked += "." + step
		value, has := found[step]
		if !has {
			return fmt.Sprintf("#{%s / no such method}", walked)
		}
		next, isObject := value.(Object)
		switch {
		case isObject && next != nil:
			found = next
			continue
		case isObject, isNil(value):
			return ""
		case deeper:
			return fmt.Sprintf("#{%s.%s / no such method}", walked, rest)
		}
		return value
	}
	return fmt.Sprintf("#{%s / missing method}", walked)
}

// isNil reports whether a value is written as null.
func isNil(value any) bool { return string(encoded(value)) == "null" }
