package desk

import "time"

// Ids of what connects an installation with other systems.
type (
	WebhookID        int64
	HTTPLogID        int64
	SSLCertificateID int64
)

// Webhook is an address of another system that triggers and schedulers report to.
type Webhook struct {
	ID                    WebhookID
	Name                  string
	Endpoint              string
	SignatureToken        *string // sealed at rest; the store opens it for whoever sends
	SSLVerify             bool
	BasicAuthUsername     *string
	BasicAuthPassword     *string // as SignatureToken
	PreDefinedWebhookType *string // Slack …: its fields are in Preferences
	CustomizedPayload     bool    // CustomPayload is sent in place of the usual one
	CustomPayload         *string // JSON with placeholders
	Preferences           map[string]any
	Note                  *string
	Active                bool
	Stamp
}

// HTTPLog is one request to or from another system.
type HTTPLog struct {
	ID          HTTPLogID
	Direction   string // in, out
	Facility    string // what it was for: webhook, cti, check_mk …
	Method      string
	URL         string
	Status      *string
	IP          *string
	Request     map[string]any
	Response    map[string]any
	UpdatedByID *UserID
	CreatedByID *UserID
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// SSLCertificate is one that connections to other systems may be secured with.
type SSLCertificate struct {
	ID          SSLCertificateID
	Fingerprint string // SHA-1 in hex
	Certificate string // PEM
	Subject     string
	NotBefore   time.Time
	NotAfter    time.Time
	CA          bool
	Stamp
}
