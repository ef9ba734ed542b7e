package apitest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"postroom/api"
	"postroom/internal/blob"
	"postroom/internal/devstack"
	"postroom/internal/setup"
	"postroom/internal/store"
)

// people is a desk with somebody for every kind of access. Group 1 is Users, 2 Sales, 3 Support.
const people = `{
	"Settings": [
		{"name": "fqdn", "value": "desk.example.com"},
		{"name": "http_type", "value": "https"},
		{"name": "ticket_number_increment", "value": {"checksum": false, "min_size": 5}}
	],
	"Organizations": [
		{"name": "Acme", "shared": true},
		{"name": "Loners", "shared": false}
	],
	"Users": [
		{"login": "chris", "email": "chris@desk.example.com", "firstname": "Christopher", "lastname": "Miller"},
		{"login": "reader", "email": "reader@desk.example.com", "firstname": "Rita", "lastname": "Reader", "roles": ["Agent"], "groups": {"Users": ["read"]}},
		{"login": "creator", "email": "creator@desk.example.com", "firstname": "Cora", "roles": ["Agent"], "groups": {"Users": ["create"]}},
		{"login": "changer", "email": "changer@desk.example.com", "firstname": "Chad", "roles": ["Agent"], "groups": {"Users": ["read", "change"]}},
		{"login": "overviewer", "email": "overviewer@desk.example.com", "firstname": "Ove", "roles": ["Agent"], "groups": {"Users": ["overview"]}},
		{"login": "emma", "email": "emma@desk.example.com", "firstname": "Emma", "lastname": "Taylor", "roles": ["Agent"], "groups": {"Users": ["full"]}},
		{"login": "stranger", "email": "stranger@desk.example.com", "firstname": "Stan", "roles": ["Agent"]},
		{"login": "boss", "email": "boss@desk.example.com", "firstname": "Bo", "roles": ["Admin"], "groups": {"Users": ["full"]}},
		{"login": "david", "email": "david@example.com", "firstname": "David", "lastname": "Bell", "organization": "Acme", "roles": ["Customer"]},
		{"login": "dora", "email": "dora@example.com", "firstname": "Dora", "organization": "Acme", "roles": ["Customer"]},
		{"login": "lone", "email": "lone@example.com", "firstname": "Lone", "organization": "Loners", "roles": ["Customer"]},
		{"login": "lars", "email": "lars@example.com", "firstname": "Lars", "organization": "Loners", "organizations": ["Acme"], "roles": ["Customer"]},
		{"login": "single", "email": "single@example.com", "firstname": "Sina", "roles": ["Customer"]},
		{"login": "both", "email": "both@example.com", "firstname": "Bea", "organization": "Acme", "roles": ["Agent", "Customer"], "groups": {"Sales": ["read", "create", "change"]}},
		{"login": "reporter", "email": "reporter@example.com", "firstname": "Rep", "roles": []}
	],
	"Channels": [
		{"id": 7, "area": "Email::Account", "group": "Users", "active": true, "options": {"inbound": {"adapter": "imap", "options": {}}, "outbound": {"adapter": "smtp", "options": {}}}}
	],
	"EmailAddresses": [
		{"id": 1, "channel_id": 7, "realname": "Acme Desk", "email": "help@desk.example.com"}
	],
	"Groups": [
		{"id": 1, "name": "Users", "email_address_id": 1},
		{"id": 2, "name": "Sales", "follow_up_possible": "new_ticket"},
		{"id": 3, "name": "Support"}
	]
}`

// tokens gives everybody a token named after them, and reporter the role to hold reports alone.
const tokens = `
	INSERT INTO tokens (user_id, action, token_hash, preferences)
	SELECT id, 'api', sha256(convert_to('token of ' || login, 'UTF8')),
		'{"permission": ["admin", "ticket.agent", "ticket.customer", "report", "user_preferences"]}'
	FROM users
	WHERE id > 2;
	INSERT INTO roles (id, name, updated_by_id, created_by_id) VALUES (100, 'Reporter', 1, 1);
	INSERT INTO permissions_roles SELECT 100, id FROM permissions WHERE name = 'report';
	INSERT INTO roles_users SELECT id, 100 FROM users WHERE login = 'reporter'`

var secretKey = []byte("0123456789abcdef0123456789abcdef")

func prepareDesk(url string) error {
	ctx := context.Background()
	if _, err := store.Migrate(ctx, url); err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{URL: url, SecretKey: secretKey})
	if err != nil {
		return err
	}
	defer s.Close()
	quiet := slog.New(slog.DiscardHandler)
	if _, err := setup.FirstStart(ctx, s, quiet, setup.Options{AutoWizard: []byte(people)}); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, tokens)
	return err
}

// helpdesk is a running API with the people above.
type helpdesk struct {
	T       testing.TB
	URL     string
	db      *pgx.Conn
	Store   *store.Store
	blobs   *blob.Store
	Queries *queryCount
}

func OpenDesk(t testing.TB) *helpdesk {
	t.Helper()
	url := devstack.DatabaseFrom(t, "helpdesk of the ticket tests", prepareDesk)
	count := &queryCount{}
	s, err := store.Open(t.Context(), store.Options{URL: url, MaxConns: 4, SecretKey: secretKey, Tracer: count})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.WithoutCancel(t.Context())) })
	blobs := blob.New(t.TempDir())
	server := httptest.NewServer(api.New(api.Needs{
		Store: s, Blobs: blobs, Log: slog.New(slog.NewTextHandler(logTo{t}, &slog.HandlerOptions{Level: slog.LevelWarn})), Version: "6.5.0",
	}))
	t.Cleanup(server.Close)
	return &helpdesk{T: t, URL: server.URL, db: db, Store: s, blobs: blobs, Queries: count}
}

// logTo writes a server's log to its test.
type logTo struct{ t testing.TB }

func (l logTo) Write(line []byte) (int, error) {
	l.t.Logf("server: %s", bytes.TrimSpace(line))
	return len(line), nil
}

// queryCount counts what is sent to the database.
type queryCount struct{ N atomic.Int64 }

func (c *queryCount) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	c.N.Add(1)
	return ctx
}
func (c *queryCount) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// Answer is what the API said.
type Answer struct {
	T      testing.TB
	Asked  string
	Status int
	Header http.Header
	Body   []byte
}

// Ask sends a request in somebody's name. body is JSON, or empty.
func (d *helpdesk) Ask(who, method, path, body string) Answer {
	d.T.Helper()
	req, err := http.NewRequestWithContext(d.T.Context(), method, d.URL+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		d.T.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Token token=token of "+who)
	a := d.Send(req)
	if len(body) > 0 {
		a.Asked += " " + body[:min(len(body), 200)]
	}
	return a
}

// Send sends a request that is ready.
func (d *helpdesk) Send(req *http.Request) Answer {
	d.T.Helper()
	return d.SendBy(http.DefaultClient, req)
}

// SendBy is Send by a client that may have cookies.
func (d *helpdesk) SendBy(client *http.Client, req *http.Request) Answer {
	d.T.Helper()
	resp, err := client.Do(req)
	if err != nil {
		d.T.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		d.T.Fatal(err)
	}
	contract, err := d.contract()
	if err != nil {
		d.T.Fatal(err)
	}
	if err := contract.check(req, resp.StatusCode, resp.Header, data); err != nil {
		d.T.Errorf("not as the OpenAPI document says: %v\n%.500s", err, data)
	}
	asked := strings.TrimPrefix(req.Header.Get("Authorization"), "Token token=token of ") + ": " + req.Method + " " + req.URL.RequestURI()
	return Answer{T: d.T, Asked: asked, Status: resp.StatusCode, Header: resp.Header, Body: data}
}

func (d *helpdesk) Get(who, path string) Answer { return d.Ask(who, http.MethodGet, path, "") }
func (d *helpdesk) Post(who, path, body string) Answer {
	return d.Ask(who, http.MethodPost, path, body)
}
func (d *helpdesk) Put(who, path, body string) Answer { return d.Ask(who, http.MethodPut, path, body) }
func (d *helpdesk) Del(who, path string) Answer       { return d.Ask(who, http.MethodDelete, path, "") }

// Is demands a status and returns the answer.
func (a Answer) Is(status int) Answer {
	a.T.Helper()
	if a.Status != status {
		a.T.Fatalf("%s: status %d, want %d; body %.500s", a.Asked, a.Status, status, a.Body)
	}
	return a
}

// Refuses demands a status and an error text.
func (a Answer) Refuses(status int, text string) {
	a.T.Helper()
	var body struct{ Error string }
	if err := json.Unmarshal(a.Body, &body); err != nil || a.Status != status || body.Error != text {
		a.T.Errorf("%s: %d %s, want %d %q", a.Asked, a.Status, a.Body, status, text)
	}
}

// Object returns the answer's JSON object.
func (a Answer) Object() map[string]any {
	a.T.Helper()
	var object map[string]any
	a.Into(&object)
	return object
}

// List returns the answer's list of JSON objects.
func (a Answer) List() []map[string]any {
	a.T.Helper()
	var list []map[string]any
	a.Into(&list)
	return list
}

func (a Answer) Into(v any) {
	a.T.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.T.Fatalf("%s: %v in %.500s", a.Asked, err, a.Body)
	}
}

// ID returns the id of the object that was answered.
func (a Answer) ID() int {
	a.T.Helper()
	id, ok := a.Object()["id"].(float64)
	if !ok {
		a.T.Fatalf("%s: no id in %.500s", a.Asked, a.Body)
	}
	return int(id)
}

// NewTicket makes a ticket for a customer in a group and returns its id.
func (d *helpdesk) NewTicket(group int, customer, title string) int {
	d.T.Helper()
	var id int
	err := d.db.QueryRow(d.T.Context(), `
		INSERT INTO tickets (group_id, priority_id, state_id, organization_id, number, title, customer_id, updated_by_id, created_by_id)
		SELECT $1, 2, 2, organization_id, (70000 + nextval('tickets_id_seq'))::text, $3, id, 1, 1
		FROM users
		WHERE login = $2
		RETURNING id`, group, customer, title).Scan(&id)
	if err != nil {
		d.T.Fatal(err)
	}
	return id
}

// One runs a query that answers one value.
func (d *helpdesk) One(dst any, sql string, args ...any) {
	d.T.Helper()
	if err := d.db.QueryRow(d.T.Context(), sql, args...).Scan(dst); err != nil {
		d.T.Fatalf("%s: %v", sql, err)
	}
}

func (d *helpdesk) Exec(sql string, args ...any) {
	d.T.Helper()
	if _, err := d.db.Exec(d.T.Context(), sql, args...); err != nil {
		d.T.Fatalf("%s: %v", sql, err)
	}
}

// InOrder makes the rows of a table as old as their ids say, for tests that look at a list from the oldest
// to the newest: the clock may have been set back between two of them.
func (d *helpdesk) InOrder(table string) {
	d.T.Helper()
	d.Exec(`UPDATE ` + table + ` SET created_at = now() - (10000 - id) * interval '100 milliseconds' WHERE id < 10000`)
}

// Cost says how many queries it takes to ask for something: the fewest of some times, because once a second
// it is looked up again who asks and whether the settings are still the same.
func (d *helpdesk) Cost(ask func()) int64 {
	d.T.Helper()
	least := int64(math.MaxInt64)
	for range 5 {
		before := d.Queries.N.Load()
		ask()
		least = min(least, d.Queries.N.Load()-before)
	}
	return least
}

// UserID is the id of somebody.
func (d *helpdesk) UserID(login string) (id int) {
	d.T.Helper()
	d.One(&id, `SELECT id FROM users WHERE login = $1`, login)
	return id
}

func TicketPath(id int) string { return fmt.Sprintf("/tickets/%d", id) }

func Encoded(data string) string { return base64.StdEncoding.EncodeToString([]byte(data)) }

// Same fails the test unless the body is what it is wanted to be.
func (a Answer) Same(t testing.TB, want string) {
	t.Helper()
	if string(a.Body) != want {
		t.Errorf("%s: %s, want %s", a.Asked, a.Body, want)
	}
}
