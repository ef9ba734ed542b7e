package perform

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/internal/store/accounts"
	"postroom/internal/store/automation"
	"postroom/internal/store/directory"
	"postroom/internal/template"
)

// records looks up what texts name, each record once. Its first failure ends the run.
type records struct {
	ctx           context.Context // of the run: templates know none
	tx            *store.Store
	users         map[desk.UserID]*desk.User
	organizations map[desk.OrganizationID]*desk.Organization
	err           error
}

func newRecords(ctx context.Context, tx *store.Store) *records {
	return &records{
		ctx: ctx, tx: tx,
		users: map[desk.UserID]*desk.User{}, organizations: map[desk.OrganizationID]*desk.Organization{},
	}
}

// missing notes a failure that is more than a record that is not there.
func (r *records) missing(err error) bool {
	if err != nil && !errors.Is(err, desk.ErrNotFound) && r.err == nil {
		r.err = err
	}
	return err != nil
}

// User implements template.Records.
func (r *records) User(id desk.UserID) (desk.User, bool) {
	known, asked := r.users[id]
	if !asked {
		if user, err := r.tx.User(r.ctx, id); !r.missing(err) {
			known = &user
		}
		r.users[id] = known
	}
	if known == nil {
		return desk.User{}, false
	}
	return *known, true
}

// Organization implements template.Records.
func (r *records) Organization(id desk.OrganizationID) (desk.Organization, bool) {
	known, asked := r.organizations[id]
	if !asked {
		if organization, err := directory.Organizations.Get(r.ctx, r.tx.DB, id); !r.missing(err) {
			known = &organization
		}
		r.organizations[id] = known
	}
	if known == nil {
		return desk.Organization{}, false
	}
	return *known, true
}

// Tags implements template.Records.
func (r *records) Tags(id desk.TicketID) []string {
	tags, err := r.tx.TagsOf(r.ctx, desk.ObjectTicket, int64(id))
	r.missing(err)
	return tags[int64(id)]
}

// Signature implements template.Records.
func (r *records) Signature(id desk.SignatureID) (desk.Signature, bool) {
	signature, err := accounts.Signatures.Get(r.ctx, r.tx.DB, id)
	return signature, !r.missing(err)
}

// Picture implements template.Records.
func (r *records) Picture(u desk.User) []byte {
	if u.Image == nil || *u.Image == "" {
		return nil
	}
	picture, err := r.tx.Picture(r.ctx, *u.Image)
	r.missing(err)
	return picture
}

// translated is a text in a language: as administrators call it, or else as we do.
func (r *records) translated(locale, text string) string {
	translated, err := r.tx.Translated(r.ctx, locale, text)
	if r.missing(err) || translated == text {
		return template.Word(text, locale)
	}
	return translated
}

// lazyArticle is an article that is looked up when a text names it.
type lazyArticle struct {
	run   *run
	which automation.ArticleChoice
}

// Get implements template.Object.
func (l lazyArticle) Get(name string) (any, bool) {
	article, err := l.run.tx.ChosenArticle(l.run.records.ctx, l.run.Ticket.ID, l.which)
	if l.run.records.missing(err) || article == nil {
		return nil, true // of an article that there is not nothing is set
	}
	return l.run.house().Article(*article).Get(name)
}

func (r *run) house() template.House {
	return template.House{Catalog: r.Catalog, Records: r.records}
}

// filler fills in texts about the ticket as it is now.
func (r *run) filler() *template.Filler {
	internal, external := true, false
	last := template.Object(lazyArticle{r, automation.ArticleChoice{}})
	if r.Article != nil {
		last = r.house().Article(*r.Article)
	}
	locale := localeOf(r.Locale, r.Catalog)
	return &template.Filler{
		Objects: map[string]template.Object{
			"ticket":                   r.house().Ticket(r.after),
			"group":                    r.house().Group(r.Catalog.Groups[r.after.GroupID]),
			"config":                   template.Settings{All: r.Catalog.Settings, Secret: secretSetting},
			"article":                  last,
			"last_article":             last,
			"last_internal_article":    lazyArticle{r, automation.ArticleChoice{Internal: &internal}},
			"last_external_article":    lazyArticle{r, automation.ArticleChoice{Internal: &external}},
			"created_article":          lazyArticle{r, automation.ArticleChoice{First: true}},
			"created_internal_article": lazyArticle{r, automation.ArticleChoice{First: true, Internal: &internal}},
			"created_external_article": lazyArticle{r, automation.ArticleChoice{First: true, Internal: &external}},
		},
		Locale:    locale,
		Zone:      zoneOf(r.Zone, r.Catalog),
		Translate: func(text string) string { return r.records.translated(locale, text) },
	}
}

// Texts returns what fills in the texts of a rule about a record that is no ticket, which they know by a
// name, such as user.
func Texts(
	ctx context.Context, tx *store.Store, c *desk.Catalog, locale, zone *string, name string, record func(template.House) template.Object,
) func(text string) (string, error) {
	r, language := newRecords(ctx, tx), localeOf(locale, c)
	filler := &template.Filler{
		Objects: map[string]template.Object{
			name: record(template.House{Catalog: c, Records: r}), "config": template.Settings{All: c.Settings, Secret: secretSetting},
		},
		Locale: language, Zone: zoneOf(zone, c), Translate: func(text string) string { return r.translated(language, text) },
	}
	return func(text string) (string, error) { return filler.ToText(text), r.err }
}

// secretSetting keeps what signs us in elsewhere out of texts.
func secretSetting(name string) bool {
	for _, part := range []string{"password", "secret", "token", "credential", "private_key"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return strings.HasPrefix(name, "auth_") || strings.HasSuffix(name, "_config")
}

func localeOf(chosen *string, c *desk.Catalog) string {
	for _, locale := range []string{textOr(chosen), c.Settings.String("locale_default")} {
		if locale != "" && locale != "system" {
			return locale
		}
	}
	return "en-us"
}

func zoneOf(chosen *string, c *desk.Catalog) *time.Location {
	if name := textOr(chosen); name != "" && name != "system" && name != "Local" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return c.Settings.Zone()
}

func textOr(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// fill fills in the text of an attribute or a tag.
func (r *run) fill(text string) string {
	if !strings.Contains(text, "#{") {
		return text
	}
	return r.filler().ToText(text)
}

func (r *run) fillAll(texts []string) []string {
	filled := make([]string, 0, len(texts))
	for _, text := range texts {
		if text = strings.TrimSpace(r.fill(text)); text != "" {
			filled = append(filled, text)
		}
	}
	return filled
}

// Filled fills in the texts of what somebody writes by a macro, whose note is about the ticket as the
// other actions leave it.
func Filled(ctx context.Context, tx *store.Store, t Task, w Writes) (Writes, error) {
	r := &run{Task: t, tx: tx, after: t.Ticket}
	r.records = newRecords(ctx, tx)
	attributes := make(map[string]any, len(w.Attributes))
	for name, value := range w.Attributes {
		if text, isText := value.(string); isText {
			value = r.fill(text)
		}
		attributes[name] = value
	}
	w.AddTags, w.RemoveTags = r.fillAll(w.AddTags), r.fillAll(w.RemoveTags)
	if w.Note != nil && strings.Contains(w.Note.Subject+w.Note.Body, "#{") {
		if err := r.setAttributes(w.Attributes); err != nil {
			return w, err
		}
		w.Note = &NoteWrite{Subject: r.filler().ToHTML(w.Note.Subject), Body: r.filler().ToHTML(w.Note.Body), Internal: w.Note.Internal}
	}
	w.Attributes = attributes
	return w, r.records.err
}

// body fills in an HTML body, cleans it, and makes files of the images that were written into it.
func (r *run) body(ctx context.Context, text string) (string, []desk.Attachment, error) {
	settings := r.Catalog.Settings
	fqdn := settings.String("fqdn")
	body, images := richtext.ExtractDataImages(r.filler().ToHTML(text), func(int, string) string {
		return fmt.Sprintf("%d.%s@%s", r.Ticket.ID, uuid.NewString(), fqdn)
	})
	body, _ = richtext.Sanitize(body, richtext.Options{OwnURL: settings.String("http_type") + "://" + fqdn})
	if len(images) == 0 {
		return body, nil, nil
	}
	data := make([][]byte, len(images))
	for i, image := range images {
		data[i] = image.Data
	}
	blobs, err := r.blobs.Put(ctx, r.tx, placeOf(r.Catalog), data...)
	if err != nil {
		return "", nil, err
	}
	var files []desk.Attachment
	for i, image := range images {
		files = append(files, desk.Attachment{
			Filename: image.Filename, Size: int64(len(image.Data)), BlobID: blobs[i],
			Preferences: map[string]any{"Mime-Type": image.ContentType, "Content-Type": image.ContentType,
				"Content-ID": image.ContentID, "Content-Disposition": "inline"},
		})
	}
	return body, files, nil
}

func placeOf(c *desk.Catalog) string {
	if place := c.Settings.String("storage_provider"); place != "" {
		return place
	}
	return blob.DB
}
