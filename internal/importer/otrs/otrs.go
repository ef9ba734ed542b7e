// Package otrs reads an OTRS or Znuny installation through its plugin ZammadMigrator.
package otrs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/importer/source"
)

// Installation is an OTRS or Znuny installation.
type Installation struct {
	client *source.Client
	key    string
}

// New returns the installation whose plugin answers at an address such as
// https://help.example.com/otrs/public.pl, read by the key of the plugin.
func New(client *http.Client, endpoint, key string) (*Installation, error) {
	at, err := source.Address(endpoint)
	if err != nil {
		return nil, err
	}
	at.RawQuery = ""
	asker, err := source.NewClient(client, at.String(), nil)
	if err != nil {
		return nil, err
	}
	return &Installation{asker, key}, nil
}

// answer is what the plugin says. Success is a number, a text or a switch, as Perl has it.
type answer struct {
	Success any             `json:"Success"`
	Error   string          `json:"Error"`
	Message string          `json:"Message"`
	URL     string          `json:"URL"`
	Result  json.RawMessage `json:"Result"`
}

func (a answer) ok() bool {
	switch source.TextOf(a.Success) {
	case "", "0", "false":
		return false
	}
	return true
}

func (i *Installation) ask(ctx context.Context, form url.Values) (answer, error) {
	form.Set("Action", "ZammadMigrator")
	form.Set("Key", i.key)
	var said answer
	err := i.client.Post(ctx, form, &said)
	if err == nil && !said.ok() {
		err = &source.Refused{Status: http.StatusUnauthorized}
	}
	return said, err
}

// Check asks whether the plugin takes our key.
func (i *Installation) Check(ctx context.Context) error {
	_, err := i.ask(ctx, url.Values{})
	return err
}

// Owner is nobody: the key belongs to the installation, and people bring their passwords.
func (i *Installation) Owner(context.Context) (source.Owner, error) { return source.Owner{}, nil }

var keyIn = regexp.MustCompile(`^(.+?)\?(?:.*[;&])?Key=([^;&]+)`)

// Probe finds out whether the plugin answers at an address that its page in OTRS shows:
// https://help.example.com/otrs/public.pl?Action=ZammadMigrator;Key=…
func Probe(ctx context.Context, client *http.Client, address string) (endpoint, key string, err error) {
	found := keyIn.FindStringSubmatch(address)
	if found == nil {
		return "", "", &desk.InvalidError{Field: "url", Reason: "The key is missing: take the whole address that the migrator plugin shows."}
	}
	endpoint = found[1] + "?Action=ZammadMigrator"
	if key, err = url.QueryUnescape(found[2]); err != nil {
		return "", "", source.ErrAddress
	}
	at, err := New(client, endpoint, key)
	if err != nil {
		return "", "", err
	}
	if err := at.Check(ctx); err != nil {
		if _, unreadable := errors.AsType[*source.Unreadable](err); unreadable {
			err = &desk.InvalidError{Field: "url", Reason: "Host found, but no OTRS migrator is installed!"}
		}
		return "", "", err
	}
	return endpoint, key, nil
}

// tooManyFields is from how many fields on forms become unusable.
const tooManyFields = 20

// Issues names what stands in the way.
func (i *Installation) Issues(ctx context.Context) ([]string, error) {
	issues := []string{}
	fields, err := i.export(ctx, "DynamicField", 0, 0)
	if err != nil {
		return nil, err
	}
	valid := 0
	source.Rows(fields, func(f dynamicField) (string, error) {
		if isValid(f.ValidID) {
			valid++
		}
		return "", nil
	})
	if valid > tooManyFields {
		issues = append(issues, "otrsDynamicFields")
	}
	settings, err := i.export(ctx, "SysConfig", 0, 0)
	if err != nil {
		return nil, err
	}
	processes := false
	source.Rows(settings, func(s struct{ Key string }) (string, error) {
		processes = processes || s.Key == "Process"
		return "", nil
	})
	if processes {
		issues = append(issues, "otrsProcesses")
	}
	return issues, nil
}

// isValid reads the field of OTRS that says whether a record is in use.
func isValid(id source.ID) bool { return id == "" || id == "1" }

// export reads records of a kind. limit 0: all of them.
func (i *Installation) export(ctx context.Context, object string, limit, offset int) ([]json.RawMessage, error) {
	form := url.Values{"Subaction": {"Export"}, "Object": {object}}
	if limit > 0 {
		form.Set("Limit", strconv.Itoa(limit))
		form.Set("Offset", strconv.Itoa(offset))
	}
	said, err := i.ask(ctx, form)
	if err != nil {
		return nil, err
	}
	var rows []json.RawMessage
	if json.Unmarshal(said.Result, &rows) == nil {
		return rows, nil
	}
	var keyed map[string]json.RawMessage // lists of Perl by id
	if err := json.Unmarshal(said.Result, &keyed); err != nil {
		return nil, &source.Unreadable{Reason: object + ": " + err.Error()}
	}
	for _, row := range keyed {
		rows = append(rows, row)
	}
	return rows, nil
}

// totals asks how many records of each kind there are. Older plugins don't say.
func (i *Installation) totals(ctx context.Context) map[string]int {
	said, err := i.ask(ctx, url.Values{"Subaction": {"List"}})
	counts := map[string]int{}
	if err != nil {
		return counts
	}
	var listed map[string]any
	if json.Unmarshal(said.Result, &listed) == nil {
		for object, count := range listed {
			counts[object], _ = strconv.Atoi(source.TextOf(count))
		}
	}
	return counts
}

// Stages are the kinds of records that the plugin hands out.
func (i *Installation) Stages() []source.Stage {
	return []source.Stage{
		source.Fields, source.States, source.Priorities, source.Groups, source.Organizations, source.Agents, source.Customers, source.Tickets,
	}
}

// Sizes of pages. Tickets come with their articles and files.
const (
	peopleAtOnce  = 200
	ticketsAtOnce = 20
)

// paged are the stages that are read in pages, with what OTRS calls their records.
var paged = map[source.Stage]struct {
	object string
	size   int
}{
	source.Organizations: {"Customer", peopleAtOnce}, source.Customers: {"CustomerUser", peopleAtOnce}, source.Tickets: {"Ticket", ticketsAtOnce},
}

// Read returns a page.
func (i *Installation) Read(ctx context.Context, stage source.Stage, cursor string) (source.Page, error) {
	if list, isPaged := paged[stage]; isPaged {
		return i.page(ctx, stage, list.object, list.size, cursor)
	}
	if stage == source.Agents {
		return i.agents(ctx)
	}
	page := source.Page{}
	read := map[source.Stage]struct {
		object string
		add    func([]json.RawMessage) []source.Broken
	}{
		source.Fields:     {"DynamicField", func(rows []json.RawMessage) []source.Broken { return source.Rows(rows, addField(&page)) }},
		source.States:     {"State", func(rows []json.RawMessage) []source.Broken { return source.Rows(rows, addState(&page)) }},
		source.Priorities: {"Priority", func(rows []json.RawMessage) []source.Broken { return source.Rows(rows, addPriority(&page)) }},
		source.Groups:     {"Queue", func(rows []json.RawMessage) []source.Broken { return source.Rows(rows, addQueue(&page)) }},
	}[stage]
	rows, err := i.export(ctx, read.object, 0, 0)
	if err != nil {
		return source.Page{}, err
	}
	page.Broken = read.add(rows)
	return page, nil
}

// page reads a page of a stage. There is another one as long as pages aren't empty, and begin
// otherwise than the last: some plugins hand out all of a list at any offset. The cursor is the offset
// and how the last page began.
func (i *Installation) page(ctx context.Context, stage source.Stage, object string, size int, cursor string) (source.Page, error) {
	at, begun, _ := strings.Cut(cursor, "|")
	offset, err := strconv.Atoi(at)
	if err != nil || offset < 0 {
		offset = 0
	}
	rows, size, err := i.some(ctx, object, size, offset)
	if _, tooLarge := errors.AsType[*source.TooLarge](err); tooLarge {
		return i.passOver(ctx, object, offset, begun, err)
	}
	if err != nil {
		return source.Page{}, err
	}
	begins := beginning(rows)
	if begins == begun {
		return source.Page{}, nil
	}
	page := source.Page{}
	if offset == 0 {
		page.Total = i.totals(ctx)[object]
	}
	if len(rows) > 0 {
		page.Next = strconv.Itoa(offset+size) + "|" + begins
	}
	switch stage {
	case source.Organizations:
		page.Broken = source.Rows(rows, addCompany(&page))
	case source.Customers:
		page.Broken = source.Rows(rows, addCustomer(&page))
	case source.Tickets:
		page.Broken = source.Rows(rows, addTicket(&page))
	}
	return page, nil
}

// some reads records from an offset on, fewer of them where so many are too large together. It returns how many
// it asked for.
func (i *Installation) some(ctx context.Context, object string, size, offset int) ([]json.RawMessage, int, error) {
	for {
		rows, err := i.export(ctx, object, size, offset)
		if _, tooLarge := errors.AsType[*source.TooLarge](err); !tooLarge || size == 1 {
			return rows, size, err
		}
		size /= 2
	}
}

// passOver is the page of one record that is too large to be read: it harms only itself. Where nobody says how
// many there are, nobody could say where to end.
func (i *Installation) passOver(ctx context.Context, object string, offset int, begun string, reason error) (source.Page, error) {
	total := i.totals(ctx)[object]
	if total == 0 {
		return source.Page{}, reason
	}
	page := source.Page{Broken: []source.Broken{{ID: "at offset " + strconv.Itoa(offset), Reason: reason.Error()}}}
	if offset == 0 {
		page.Total = total
	}
	if offset+1 < total {
		page.Next = strconv.Itoa(offset+1) + "|" + begun
	}
	return page, nil
}

// beginning is a fingerprint of how a page begins; empty: it has nothing.
func beginning(rows []json.RawMessage) string {
	if len(rows) == 0 {
		return ""
	}
	sum := sha256.Sum256(rows[0])
	return hex.EncodeToString(sum[:8])
}

// Complete has nothing to do: tickets come with their articles.
func (i *Installation) Complete(context.Context, *source.Ticket) error { return nil }

// Download refuses: files come with their bytes, but for those that can't be read.
func (i *Installation) Download(context.Context, source.File) ([]byte, error) {
	return nil, &source.Unreadable{Reason: "the content is not base64"}
}

// text reads the first of the names that a record has a value under, without blanks around it.
func text(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}
