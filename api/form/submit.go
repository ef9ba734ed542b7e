package form

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store"
)

var (
	errNotAuthorized = &rest.AnswerError{Status: http.StatusForbidden, Text: "Not authorized"}
	errBadToken      = &rest.AnswerError{Status: http.StatusUnauthorized, Text: "Authorization failed"}
)

// shortest is how long a fingerprint of a browser is at least, in characters: as a digest of one is.
const shortest = 31

// page is a request of a page with a form.
type page struct {
	rest.Params
	catalog     *desk.Catalog
	tokens      tokens
	fingerprint string
	ip          string
}

// enter begins a request. Without the switch on, only who configures the form gets further, to try it;
// from everybody else not even the body is read then.
func (s *Room) enter(w http.ResponseWriter, r *http.Request, read func(*http.Request) (rest.Params, error)) (*page, error) {
	rest.AllowOtherOrigins(w.Header())
	catalog, err := s.Catalog(r)
	if err != nil {
		return nil, err
	}
	on, who := catalog.Settings.Bool("form_ticket_create"), rest.Caller(r)
	if !on && (who == nil || !who.Can("admin.channel_formular")) {
		return nil, errNotAuthorized
	}
	p, err := read(r)
	if err != nil {
		return nil, err
	}
	v := &page{Params: p, catalog: catalog, fingerprint: p.Text("fingerprint")}
	trying := false
	p.SetBool(&trying, "test")
	if !on && !trying {
		return nil, errNotAuthorized
	}
	if len(v.fingerprint) < shortest {
		return nil, errNotAuthorized
	}
	if ip := s.ClientIP(r); ip.IsValid() {
		v.ip = ip.String()
	}
	secret := []byte(catalog.Settings.String("application_secret"))
	if len(secret) == 0 {
		secret = s.secret
	}
	v.tokens, err = newTokens(secret)
	return v, err
}

func (v *page) fqdn() string { return v.catalog.Settings.String("fqdn") }

// configure tells a page where to send its form, and with what token.
func (s *Room) configure(w http.ResponseWriter, r *http.Request) error {
	v, err := s.enter(w, r, rest.ReadParams)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{
		{"enabled", true},
		{"endpoint", v.catalog.Settings.String("http_type") + "://" + v.fqdn() + "/api/v1/form_submit"},
		{"token", v.tokens.issue(v.fqdn(), v.fingerprint, time.Now())},
	})
}

// withFiles reads what may hold files.
func withFiles(r *http.Request) (rest.Params, error) {
	return rest.ReadParamsUpTo(r, rest.MaxLargeBody)
}

// submit makes a ticket of a form.
func (s *Room) submit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := s.enter(w, r, withFiles)
	if err != nil {
		return err
	}
	token := v.Text("token")
	switch {
	case token == "":
		return errNotAuthorized
	case !v.tokens.hold(token, v.fqdn(), v.fingerprint, time.Now()):
		return errBadToken
	}
	if err := full(ctx, s.Store, v.catalog, v.ip); err != nil {
		return err
	}
	wrong, err := s.check(ctx, v)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"errors", wrong}})
	}
	files, err := filesSent(r)
	if err != nil {
		return err
	}
	var ticket desk.Ticket
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		ticket, err = s.open(ctx, tx, v, files)
		return err
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"ticket", rest.Record{{"id", ticket.ID}, {"number", ticket.Number}}}})
}

// check finds what is wrong with the fields of a form, by their names.
func (s *Room) check(ctx context.Context, v *page) (map[string]string, error) {
	wrong := map[string]string{}
	for _, name := range []string{"name", "title", "body", "email"} {
		if strings.TrimSpace(v.Text(name)) == "" {
			wrong[name] = "required"
		}
	}
	email := v.email()
	if wrong["email"] != "" {
		return wrong, nil
	}
	if !desk.ValidAddress(email) || !strings.Contains(desk.MailDomain(email), ".") {
		wrong["email"] = "invalid"
		return wrong, nil
	}
	known, err := s.Store.UsersByAddress(ctx, []string{email})
	if _, isKnown := known[email]; err != nil || isKnown {
		return wrong, err
	}
	if !s.takesMail(ctx, desk.MailDomain(email)) {
		wrong["email"] = "invalid"
	}
	return wrong, nil
}

func (v *page) email() string { return strings.ToLower(strings.TrimSpace(v.Text("email"))) }

// open makes the ticket, in the name of its customer.
func (s *Room) open(ctx context.Context, tx *store.Store, v *page, files []sent) (desk.Ticket, error) {
	name := rest.Cut(strings.Join(strings.Fields(v.Text("name")), " "), rest.MaxName)
	people, err := tx.EnsureUsers(ctx, []desk.Person{{Email: v.email(), Firstname: name}})
	if err != nil {
		return desk.Ticket{}, err
	}
	customer := people[v.email()]
	title := desk.Cut(strings.Join(strings.Fields(v.Text("title")), " "), desk.MaxTitle)
	digest := md5.Sum([]byte(v.fingerprint))
	t := desk.Ticket{
		GroupID: v.catalog.UsableGroup(desk.GroupID(v.catalog.Settings.Int("form_ticket_create_group_id"))), StateID: v.catalog.DefaultState(), PriorityID: v.catalog.DefaultPriority(), OwnerID: desk.SystemUser,
		CustomerID: customer.ID, OrganizationID: customer.OrganizationID, Title: title,
		Preferences: map[string]any{"form": map[string]any{"remote_ip": v.ip, "fingerprint_md5": hex.EncodeToString(digest[:])}},
	}
	t.CreatedByID, t.UpdatedByID = customer.ID, customer.ID
	article := desk.Article{
		TypeID: desk.ArticleWeb, SenderID: desk.SenderCustomer, From: new(desk.FormatAddress(name, v.email())), Subject: &title,
		ContentType: "text/plain", Body: desk.Cut(strings.ReplaceAll(v.Text("body"), "\r\n", "\n"), desk.MaxBody),
	}
	if err := tx.OpenTicket(ctx, v.catalog, &t, &article); err != nil {
		return t, err
	}
	if err := s.attach(ctx, tx, v, article, files); err != nil {
		return t, err
	}
	if !v.catalog.Settings.Bool("import_mode") {
		err := tx.RecordActivities(ctx, workspace.TicketActivity(workspace.ActivityCreate, t, customer.ID),
			workspace.ArticleActivity(workspace.ActivityCreate, t, article.ID, customer.ID))
		if err != nil {
			return t, err
		}
	}
	return t, count(ctx, tx, v.catalog, v.ip)
}
