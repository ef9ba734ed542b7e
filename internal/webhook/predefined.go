package webhook

// Definition is a payload that is laid ready for a well-known system.
type Definition struct {
	ID            string
	Name          string
	CustomPayload string // JSON with placeholders
	Fields        []Field
}

// Field is something that whoever sets up such a webhook may say. Payloads know it by its name, as
// in #{webhook.messaging_channel}.
type Field struct {
	Display     string
	Null        bool
	Name        string
	Placeholder string
	Tag         string
	Type        string
}

// optional is a field that may be left empty.
func optional(name, display, placeholder, kind string) Field {
	return Field{Display: display, Null: true, Name: name, Placeholder: placeholder, Tag: "input", Type: kind}
}

var (
	messagingUsername = optional("messaging_username", "Messaging Username", "", "text")
	messagingChannel  = optional("messaging_channel", "Messaging Channel", "#channel", "text")
	messagingIcon     = optional("messaging_icon_url", "Messaging Icon URL", "https://example.com/logo.png", "url")
)

// Definitions are the payloads that are laid ready, by name.
var Definitions = []Definition{
	{
		ID: "Mattermost", Name: "Mattermost Notifications",
		CustomPayload: `{
  "username": "#{webhook.messaging_username}",
  "channel": "#{webhook.messaging_channel}",
  "icon_url": "#{webhook.messaging_icon_url}",
  "text": "# #{ticket.title}",
  "attachments": [
    {
      "text": "[#{config.ticket_hook}#{ticket.number}](#{notification.link}): #{notification.message}\n\n#{notification.changes}\n\n#{notification.body}",
      "color": "#{ticket.current_state_color}"
    }
  ]
}`,
		Fields: []Field{messagingUsername, messagingChannel, messagingIcon},
	},
	{
		ID: "MicrosoftTeams", Name: "Microsoft Teams Notifications",
		CustomPayload: `{
  "@type": "MessageCard",
  "@context": "http://schema.org/extensions",
  "themeColor": "#{ticket.current_state_color}",
  "title": "#{ticket.title}",
  "text": "#{notification.message}\n\n#{notification.changes}\n\n#{notification.body}",
  "potentialAction": [
    {
      "@type": "OpenUri",
      "name": "#{config.ticket_hook}#{ticket.number}",
      "targets": [
        {
          "os": "default",
          "uri": "#{notification.link}"
        }
      ]
    }
  ]
}`,
	},
	{
		ID: "RocketChat", Name: "Rocket Chat Notifications",
		CustomPayload: `{
  "alias": "#{webhook.messaging_username}",
  "channel": "#{webhook.messaging_channel}",
  "avatar": "#{webhook.messaging_icon_url}",
  "text": "#{ticket.title}",
  "attachments": [
    {
      "text": "[#{config.ticket_hook}#{ticket.number}](#{notification.link}): #{notification.message}\n\n#{notification.changes}\n\n#{notification.body}",
      "color": "#{ticket.current_state_color}"
    }
  ]
}`,
		Fields: []Field{messagingUsername, messagingChannel, messagingIcon},
	},
	{
		ID: "Slack", Name: "Slack Notifications",
		CustomPayload: `{
  "mrkdwn": true,
  "text": "#{ticket.title}",
  "attachments": [
    {
      "text": "<#{notification.link}|#{config.ticket_hook}#{ticket.number}>: #{notification.message}\n\n#{notification.changes}\n\n#{notification.body}",
      "mrkdwn_in": [
        "text"
      ],
      "color": "#{ticket.current_state_color}"
    }
  ]
}`,
	},
}
