package otrs

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"postroom/internal/credential"
	"postroom/internal/importer/source"
)

type queue struct {
	QueueID    source.ID
	Name       string
	Comment    string
	ValidID    source.ID
	ChangeTime source.Time
}

func addQueue(page *source.Page) func(queue) (string, error) {
	return func(q queue) (string, error) {
		page.Groups = append(page.Groups, source.Group{
			ID: q.QueueID.String(), Name: q.Name, Note: q.Comment, Inactive: !isValid(q.ValidID), Changed: q.ChangeTime.Time,
		})
		return q.QueueID.String(), nil
	}
}

type state struct {
	ID       source.ID
	Name     string
	TypeName string
	Comment  string
	ValidID  source.ID
}

// stateTypes are what types of states are called here. Removed tickets are done.
var stateTypes = map[string]string{
	"new": "new", "open": "open", "closed": "closed", "pending reminder": "pending reminder", "pending auto": "pending action",
	"merged": "merged", "removed": "closed",
}

func addState(page *source.Page) func(state) (string, error) {
	return func(s state) (string, error) {
		made := source.State{ID: s.ID.String(), Name: s.Name, Type: stateTypes[s.TypeName], Note: s.Comment, Inactive: !isValid(s.ValidID)}
		if made.Type == "" {
			made.Type = "open"
		}
		page.States = append(page.States, made)
		return made.ID, nil
	}
}

type priority struct {
	ID      source.ID
	Name    string
	ValidID source.ID
}

func addPriority(page *source.Page) func(priority) (string, error) {
	return func(p priority) (string, error) {
		page.Priorities = append(page.Priorities, source.Priority{ID: p.ID.String(), Name: p.Name, Inactive: !isValid(p.ValidID)})
		return p.ID.String(), nil
	}
}

type company struct {
	CustomerID             source.ID
	CustomerCompanyName    string
	CustomerCompanyComment string
	CustomerCompanyURL     string
	ValidID                source.ID
	CreateTime             source.Time
	ChangeTime             source.Time
}

func addCompany(page *source.Page) func(company) (string, error) {
	return func(c company) (string, error) {
		page.Organizations = append(page.Organizations, source.Organization{
			ID: c.CustomerID.String(), Name: text(c.CustomerCompanyName, c.CustomerID.String()), Note: c.CustomerCompanyComment, Shared: true,
			Inactive: !isValid(c.ValidID), Created: c.CreateTime.Time, Changed: c.ChangeTime.Time,
		})
		return c.CustomerID.String(), nil
	}
}

// customerKey tells customers from agents, who have ids and logins of their own.
func customerKey(login string) string { return "customer:" + strings.ToLower(login) }

func agentKey(id source.ID) string {
	if id == "" {
		return ""
	}
	return "agent:" + id.String()
}

type customer struct {
	UserLogin      string
	UserFirstname  string
	UserLastname   string
	UserEmail      string
	UserPhone      string
	UserMobile     string
	UserStreet     string
	UserZip        string
	UserCity       string
	UserCountry    string
	UserComment    string
	UserPassword   string
	UserCustomerID source.ID
	ValidID        source.ID
	CreateTime     source.Time
	ChangeTime     source.Time
}

func addCustomer(page *source.Page) func(customer) (string, error) {
	return func(c customer) (string, error) {
		if c.UserLogin == "" {
			return "", &source.Unreadable{Reason: "it has no login"}
		}
		page.Users = append(page.Users, source.User{
			ID: customerKey(c.UserLogin), Login: c.UserLogin, Firstname: c.UserFirstname, Lastname: c.UserLastname, Email: c.UserEmail,
			Phone: c.UserPhone, Mobile: c.UserMobile, Street: c.UserStreet, Zip: c.UserZip, City: c.UserCity, Country: c.UserCountry,
			Note: c.UserComment, Organization: c.UserCustomerID.String(), Inactive: !isValid(c.ValidID), Password: password(c.UserPassword),
			Created: c.CreateTime.Time, Changed: c.ChangeTime.Time,
		})
		return c.UserLogin, nil
	}
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// password makes a hash of OTRS one that we can check. OTRS has SHA-256 without salt by default; who
// has another one needs a new password.
func password(hash string) string {
	if !sha256Hex.MatchString(hash) {
		return ""
	}
	wrapped, err := credential.WrapSHA256(hash)
	if err != nil {
		return ""
	}
	return wrapped
}

type agent struct {
	UserID        source.ID
	UserLogin     string
	UserFirstname string
	UserLastname  string
	UserEmail     string
	UserPw        string
	UserMobile    string
	ValidID       source.ID
	GroupIDs      json.RawMessage // id -> rw, ro, create …; Perl makes a list of none
	CreateTime    source.Time
	ChangeTime    source.Time
}

// agents reads all of them, with the groups that say what they may do in which queue.
func (i *Installation) agents(ctx context.Context) (source.Page, error) {
	queues, err := i.export(ctx, "Queue", 0, 0)
	if err != nil {
		return source.Page{}, err
	}
	queuesOf := map[source.ID][]string{}
	source.Rows(queues, func(q struct{ QueueID, GroupID source.ID }) (string, error) {
		queuesOf[q.GroupID] = append(queuesOf[q.GroupID], q.QueueID.String())
		return "", nil
	})
	groups, err := i.export(ctx, "Group", 0, 0)
	if err != nil {
		return source.Page{}, err
	}
	admins := source.ID("")
	source.Rows(groups, func(g struct {
		ID   source.ID
		Name string
	}) (string, error) {
		if g.Name == "admin" {
			admins = g.ID
		}
		return "", nil
	})
	rows, err := i.export(ctx, "User", 0, 0)
	if err != nil {
		return source.Page{}, err
	}
	page := source.Page{}
	page.Broken = source.Rows(rows, addAgent(&page, queuesOf, admins))
	return page, nil
}

func addAgent(page *source.Page, queuesOf map[source.ID][]string, admins source.ID) func(agent) (string, error) {
	return func(a agent) (string, error) {
		made := source.User{
			ID: agentKey(a.UserID), Login: a.UserLogin, Firstname: a.UserFirstname, Lastname: a.UserLastname, Email: a.UserEmail,
			Mobile: a.UserMobile, Role: source.Agent, Inactive: !isValid(a.ValidID), Password: password(a.UserPw),
			Groups: map[string]source.Access{}, Created: a.CreateTime.Time, Changed: a.ChangeTime.Time,
		}
		groups := map[string][]string{}
		_ = json.Unmarshal(a.GroupIDs, &groups) // else there are none
		for id, permissions := range groups {
			if source.ID(id) == admins && slices.Contains(permissions, "rw") {
				made.Role = source.Admin
			}
			if access := accessOf(permissions); len(access) > 0 {
				for _, queue := range queuesOf[source.ID(id)] {
					made.Groups[queue] = access
				}
			}
		}
		page.Users = append(page.Users, made)
		return made.ID, nil
	}
}

// accessOf is what permissions of OTRS are here.
func accessOf(permissions []string) source.Access {
	if slices.Contains(permissions, "rw") {
		return source.Full()
	}
	var access source.Access
	add := func(level string) {
		if !slices.Contains(access, level) {
			access = append(access, level)
		}
	}
	for _, permission := range permissions {
		switch permission {
		case "ro":
			add("read")
			add("overview")
		case "create":
			add("create")
		case "note", "owner", "priority", "move_into":
			add("change")
		}
	}
	return access
}

type dynamicField struct {
	ID         source.ID
	Name       string
	Label      string
	FieldType  string
	ObjectType string
	ValidID    source.ID
	Config     json.RawMessage
}

var fieldKinds = map[string]source.FieldKind{
	"Text": source.Text, "TextArea": source.LongText, "Checkbox": source.Switch, "Date": source.Day, "Dropdown": source.Choice,
	"Multiselect": source.Choices,
}

func addField(page *source.Page) func(dynamicField) (string, error) {
	return func(f dynamicField) (string, error) {
		kind, known := fieldKinds[f.FieldType]
		if !known || f.ObjectType != "Ticket" || !isValid(f.ValidID) {
			page.Skipped++
			return f.Name, nil
		}
		made := source.Field{ID: "ticket:" + f.Name, Object: "Ticket", Name: f.Name, Label: text(f.Label, f.Name), Kind: kind}
		var config struct{ PossibleValues map[string]any }
		_ = json.Unmarshal(f.Config, &config) // else there is nothing to choose from
		for value, label := range config.PossibleValues {
			if value != "" {
				made.Options = append(made.Options, source.Option{Value: value, Label: source.TextOf(label)})
			}
		}
		page.Fields = append(page.Fields, made)
		return made.ID, nil
	}
}
