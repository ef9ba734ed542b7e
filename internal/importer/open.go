package importer

import (
	"context"
	"errors"
	"net/http"

	"postroom/internal/desk"
	"postroom/internal/importer/freshdesk"
	"postroom/internal/importer/kayako"
	"postroom/internal/importer/otrs"
	"postroom/internal/importer/source"
	"postroom/internal/importer/zendesk"
)

// Helpdesk says how one product is reached, and in which settings that is kept.
type Helpdesk struct {
	Name     string // in addresses and settings
	Title    string // for people
	Endpoint string // names of settings
	User     string // empty: a secret is all it takes
	Secret   string
	Inspects bool // it is asked for what can't be taken over, and not for credentials: its address has them
	// complete makes the address of the API of what somebody typed in.
	complete func(address string) string
	// probe returns the settings that follow from an address; nil: the address is all.
	probe func(ctx context.Context, client *http.Client, address string) (endpoint, secret string, err error)
	open  func(client *http.Client, endpoint, user, secret string) (source.Source, error)
}

// Inspected is a source that knows what of it can't be taken over.
type Inspected interface {
	// Issues names what stands in the way; none: nothing does.
	Issues(ctx context.Context) ([]string, error)
}

// products are the helpdesks that can be taken over.
var products = []Helpdesk{
	{
		Name: "zendesk", Title: "Zendesk", Endpoint: "import_zendesk_endpoint",
		User: "import_zendesk_endpoint_username", Secret: "import_zendesk_endpoint_key", complete: zendesk.Endpoint,
		open: func(client *http.Client, endpoint, user, secret string) (source.Source, error) {
			return zendesk.New(client, endpoint, user, secret)
		},
	},
	{
		Name: "freshdesk", Title: "Freshdesk", Endpoint: "import_freshdesk_endpoint", Secret: "import_freshdesk_endpoint_key",
		complete: freshdesk.Endpoint,
		open: func(client *http.Client, endpoint, _, secret string) (source.Source, error) {
			return freshdesk.New(client, endpoint, secret)
		},
	},
	{
		Name: "kayako", Title: "Kayako", Endpoint: "import_kayako_endpoint", User: "import_kayako_endpoint_username",
		Secret: "import_kayako_endpoint_password", complete: kayako.Endpoint,
		open: func(client *http.Client, endpoint, user, secret string) (source.Source, error) {
			return kayako.New(client, endpoint, user, secret)
		},
	},
	{
		Name: "otrs", Title: "OTRS", Endpoint: "import_otrs_endpoint", Secret: "import_otrs_endpoint_key", Inspects: true, probe: otrs.Probe,
		open: func(client *http.Client, endpoint, _, secret string) (source.Source, error) {
			return otrs.New(client, endpoint, secret)
		},
	},
}

// Find returns the helpdesk of a name.
func Find(name string) (Helpdesk, bool) {
	for _, h := range products {
		if h.Name == name {
			return h, true
		}
	}
	return Helpdesk{}, false
}

// Helpdesks are the names of those that can be taken over.
func Helpdesks() []string {
	names := make([]string, len(products))
	for i, h := range products {
		names[i] = h.Name
	}
	return names
}

// Open returns the helpdesk at an endpoint.
func (h Helpdesk) Open(client *http.Client, endpoint, user, secret string) (source.Source, error) {
	return h.open(client, endpoint, user, secret)
}

// Probe finds out whether there is such a helpdesk at an address, and returns the settings that say how
// it is reached.
func (h Helpdesk) Probe(ctx context.Context, client *http.Client, address string) (map[string]string, error) {
	if h.probe != nil {
		endpoint, secret, err := h.probe(ctx, client, address)
		return map[string]string{h.Endpoint: endpoint, h.Secret: secret}, err
	}
	endpoint := h.complete(address)
	src, err := h.open(client, endpoint, "", "")
	if err != nil {
		return nil, err
	}
	if err := src.Check(ctx); err != nil {
		if _, refused := errors.AsType[*source.Refused](err); !refused { // somebody is there who refuses strangers
			return nil, err
		}
	}
	return map[string]string{h.Endpoint: endpoint}, nil
}

// Open returns the helpdesk of a name as the settings say that it is reached.
func Open(name string, settings desk.Settings, client *http.Client) (source.Source, error) {
	h, known := Find(name)
	if !known {
		return nil, &desk.InvalidError{Field: "import_backend", Reason: "Unknown helpdesk '" + name + "'."}
	}
	user, secret := "", settings.String(h.Secret)
	if h.User != "" {
		user = settings.String(h.User)
	}
	if secret == "" { // as shipped, the address is an example: nobody there is to be bothered
		return nil, &desk.InvalidError{Field: h.Secret, Reason: "Incomplete credentials"}
	}
	return h.open(client, settings.String(h.Endpoint), user, secret)
}
