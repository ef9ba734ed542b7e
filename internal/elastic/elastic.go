// Package elastic speaks to a search engine: Elasticsearch 8 and 9, OpenSearch 2 and 3.
//
// Documents and queries go in, hits and counts come out. One Engine a process hands out the client
// that the settings ask for. The room knows neither what a document means nor who may see it, and
// it never decides to give up: an engine that does not answer is desk.ErrUnavailable.
package elastic

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"

	"postroom/internal/desk"
)

// Kinds of documents, each with an index of its own. Dashboards read these names.
const (
	Ticket       = "ticket"
	Priority     = "ticket_priority"
	State        = "ticket_state"
	User         = "user"
	Organization = "organization"
	Group        = "group"
	CTILog       = "cti_log"
	ChatSession  = "chat_session"
	KB           = "knowledge_base_translation"
	KBAnswer     = "knowledge_base_answer_translation"
	KBCategory   = "knowledge_base_category_translation"
	StatsStore   = "stats_store"
)

// Objects lists every kind of document, the small ones first.
var Objects = []string{
	Priority, State, Group, StatsStore, KB, KBCategory, KBAnswer, ChatSession, CTILog, Organization, User, Ticket,
}

// Keys prove who we are to an engine, as far as no setting does.
type Keys struct {
	APIKey string // base64, as the engine gave it; instead of user and password
	CA     []byte // PEM, of an authority of your own; empty: the system's
}

// Engine is the search engine of an installation, if it has one.
type Engine struct {
	keys Keys
	mu   sync.Mutex
	made *Client
	of   [sha256.Size]byte // the settings it was made of
}

// NewEngine returns the engine that settings will name. It connects to nothing.
func NewEngine(keys Keys) *Engine { return &Engine{keys: keys} }

// options are the settings that say where the engine is and how to speak to it.
type options struct {
	url, user, password, prefix, pipeline string
	verify                                bool
}

func optionsOf(s desk.Settings) options {
	return options{
		url: strings.TrimRight(strings.TrimSpace(s.String("es_url")), "/"), user: s.String("es_user"), password: s.String("es_password"),
		prefix: strings.ToLower(strings.TrimSpace(s.String("es_index"))), pipeline: s.String("es_pipeline"),
		verify: verifies(s),
	}
}

// verifies reads es_ssl_verify, which the console of the original is often told as a text.
func verifies(s desk.Settings) bool {
	var on bool
	if s.Into("es_ssl_verify", &on) {
		return on
	}
	return !strings.EqualFold(s.String("es_ssl_verify"), "false")
}

// Client returns the client that the settings ask for, the same one as long as they stay. Without a
// search engine it is nil.
func (e *Engine) Client(s desk.Settings) (*Client, error) {
	o := optionsOf(s)
	of := sha256.Sum256(fmt.Appendf(nil, "%#v", o))
	e.mu.Lock()
	defer e.mu.Unlock()
	if o.url == "" {
		e.made = nil // what was known of it may be wrong when it is named again
		return nil, nil
	}
	if e.made != nil && e.of == of {
		return e.made, nil
	}
	c, err := newClient(o, e.keys)
	if err != nil {
		return nil, err
	}
	e.made, e.of = c, of
	return c, nil
}

// Client speaks to one engine.
type Client struct {
	transport *elastictransport.Client
	prefix    string
	pipeline  string
	able      atomic.Pointer[ability]
}

// Bounds on how long an engine may take.
const (
	dialWithin   = 5 * time.Second
	askWithin    = 10 * time.Second // a search, a count
	changeWithin = time.Minute      // a bulk of documents, a new index
)

func newClient(o options, keys Keys) (*Client, error) {
	address, err := url.Parse(o.url)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		// Without what was typed: there may be a password in it.
		return nil, &desk.ConfigError{Reason: "setting es_url is no address such as https://localhost:9200"}
	}
	if o.prefix == "" || strings.ContainsAny(o.prefix, `\/*?"<>| ,#:`) || strings.ContainsAny(o.prefix[:1], "-_+.") {
		return nil, &desk.ConfigError{Reason: fmt.Sprintf("setting es_index: %q can't begin the name of an index", o.prefix)}
	}
	secured, err := security(o, keys)
	if err != nil {
		return nil, err
	}
	user, password := o.user, o.password
	if address.User != nil && user == "" {
		user = address.User.Username()
		password, _ = address.User.Password()
	}
	address.User = nil
	if keys.APIKey != "" {
		user, password = "", ""
	}
	transport, err := elastictransport.New(elastictransport.Config{
		UserAgent: "postroom", URLs: []*url.URL{address}, Username: user, Password: password, APIKey: keys.APIKey,
		// Whoever asks knows whether to ask again: a search falls back, indexing waits.
		DisableRetry: true,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: secured, TLSHandshakeTimeout: dialWithin,
			DialContext:         dialer(dialWithin),
			MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("search engine at %s: %w", address.Redacted(), err)
	}
	return &Client{transport: transport, prefix: o.prefix, pipeline: o.pipeline}, nil
}

// security says which certificates are taken.
func security(o options, keys Keys) (*tls.Config, error) {
	secured := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !o.verify} // what es_ssl_verify is for
	if len(keys.CA) == 0 {
		return secured, nil
	}
	secured.RootCAs = x509.NewCertPool()
	if !secured.RootCAs.AppendCertsFromPEM(keys.CA) {
		return nil, &desk.ConfigError{Reason: "the certificates of ELASTICSEARCH_CA_FILE can't be read: they have to be PEM"}
	}
	return secured, nil
}

// Alias is the name under which an index is read, by us and by dashboards.
func (c *Client) Alias(object string) string { return c.prefix + "_" + object }

// errNoIndex says that an index is not there.
var errNoIndex = errors.New("no such index")
