package agents

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/textproto"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/notify"
	"postroom/internal/richtext"
	"postroom/internal/store"
	"postroom/jobs/task"
)

// OpenSender returns what delivers by a channel.
type OpenSender func(desk.Channel) (channels.Sender, error)

// Timeout is the time that one attempt to send a mail may take.
const Timeout = 3 * time.Minute

const (
	claimSpan = Timeout + 2*time.Minute // longer than an attempt with its last notes
	noteSpan  = time.Minute             // for noting a result while the database is away
)

// Mail is the job of task.AgentMail.
type Mail struct {
	store *store.Store
	mails *notify.Mails
	blobs *blob.Store
	open  OpenSender
	log   *slog.Logger
}

// NewMail returns the job.
func NewMail(s *store.Store, mails *notify.Mails, blobs *blob.Store, open OpenSender, log *slog.Logger) *Mail {
	return &Mail{store: s, mails: mails, blobs: blobs, open: open, log: log}
}

// Work makes one attempt to send a mail. What a mail server refuses is not tried again: the agent
// finds it online (reference: notifications.md 4.3).
func (j *Mail) Work(ctx context.Context, t task.AgentMail, id desk.OutboxID) error {
	message, channel, err := j.write(ctx, t, id)
	if errors.Is(err, desk.ErrNotFound) {
		return ended(j.store.FinishTask(ctx, id)) // the ticket or the agent is gone, the mail is out, or nobody shall get any
	}
	if err != nil {
		return err
	}
	sender, err := j.open(channel)
	if err != nil {
		return err
	}
	_, err = sender.Send(ctx, message)
	if refused(err) {
		j.log.WarnContext(ctx, "mail server refuses a notification", "user_id", t.UserID, "ticket_id", t.Event.TicketID, "error", err)
		err = nil
	}
	if err != nil {
		return fmt.Errorf("notification of user %d: %w", t.UserID, err)
	}
	note, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteSpan)
	defer cancel()
	return ended(j.store.FinishTask(note, id))
}

// ended takes work that is gone for done.
func ended(err error) error {
	if errors.Is(err, desk.ErrNotFound) {
		return nil
	}
	return err
}

// refused reports whether a mail server said no, for now or because of the address, or would.
func refused(err error) bool {
	answer, ok := errors.AsType[*textproto.Error](err)
	return ok && answer.Code/100 == 4 || channels.Undeliverable(err)
}

// write claims the work and writes the mail, from what the ticket is now.
func (j *Mail) write(ctx context.Context, t task.AgentMail, id desk.OutboxID) (message channels.Outbound, channel desk.Channel, err error) {
	catalog, err := j.store.Catalog(ctx)
	if err != nil {
		return message, channel, err
	}
	if catalog.Settings.Bool("import_mode") {
		return message, channel, fmt.Errorf("mail while data is imported: %w", desk.ErrNotFound)
	}
	channel, ok := catalog.NotificationChannel()
	if !ok {
		return message, channel, &desk.ConfigError{Reason: "No active channel for notifications (" + desk.AreaEmailNotification + ")!"}
	}
	err = j.store.InBriefTx(ctx, func(tx *store.Store) error {
		if err := tx.ClaimTask(ctx, id, claimSpan); err != nil {
			return err
		}
		user, err := tx.User(ctx, t.UserID)
		if err != nil {
			return err
		}
		people := append(peopleIn(t.Event.Changes), t.Actor)
		about, err := tx.MailAbout(ctx, t.Event.TicketID, people, organizationsIn(t.Event.Changes))
		if err != nil {
			return err
		}
		w := writing{
			reader: reader{catalog: catalog, about: about, locale: user.Locale(catalog), zone: catalog.Settings.Zone()},
			task:   t, user: user, id: id,
		}
		if w.announced, err = tx.AnnouncedAt(ctx, id); err != nil {
			return err
		}
		message, err = w.message(ctx, tx, j.mails, j.blobs)
		return err
	})
	return message, channel, err
}

// writing is the work on one mail.
type writing struct {
	reader
	task task.AgentMail
	user desk.User
	id   desk.OutboxID

	announced time.Time
}

func (w *writing) message(ctx context.Context, tx *store.Store, mails *notify.Mails, blobs *blob.Store) (channels.Outbound, error) {
	settings, ticket := w.catalog.Settings, w.about.Ticket
	facts := w.facts()
	var images []channels.File
	if w.task.Event.ArticleID != 0 {
		article, err := tx.Article(ctx, w.task.Event.ArticleID)
		if err != nil && !errors.Is(err, desk.ErrNotFound) {
			return channels.Outbound{}, err
		}
		if err == nil {
			w.quote(&facts, article)
			if images, err = inlineImages(ctx, tx, blobs, article); err != nil {
				return channels.Outbound{}, err
			}
		}
	}
	mail, err := mails.Ticket(w.task.Event.Type, w.locale, facts)
	if err != nil {
		return channels.Outbound{}, err
	}
	fqdn, _, _ := strings.Cut(settings.String("fqdn"), ":")
	from := w.catalog.NotificationSender()
	// Bounces are known by this form (reference/email.md 3.16). An attempt more has the same.
	id := fmt.Sprintf("<notification.%s.%d.%d.%d@%s>", w.announced.UTC().Format("20060102150405"), ticket.ID, w.user.ID, w.id, fqdn)
	return channels.Outbound{
		MessageID: id, References: thread.References(w.about.Thread, id), From: from, To: w.user.Email, Bcc: w.catalog.HiddenCopy(),
		Subject:     thread.BuildSubject(mail.Subject, "", ticket.Number, w.catalog),
		ContentType: "text/html", Body: mail.Body, Attachments: images,
		Organization: settings.String("organization"), Notification: true,
		CSSFont: settings.String("html_email_css_font"), EHLODomain: desk.EHLODomain(settings.String("fqdn"), from),
	}, nil
}

// facts are what the mail says beside the article.
func (w *writing) facts() notify.TicketFacts {
	settings, ticket := w.catalog.Settings, w.about.Ticket
	base := settings.String("http_type") + "://" + settings.String("fqdn") + "/"
	link := fmt.Sprintf("%s#ticket/zoom/%d", base, ticket.ID)
	if w.task.Event.ArticleID != 0 {
		link += fmt.Sprintf("/%d", w.task.Event.ArticleID)
	}
	facts := notify.TicketFacts{
		Product: settings.String("product_name"), Organization: settings.String("organization"), Firstname: w.user.Firstname,
		Link: link, ProfileLink: base + "#profile/notifications", Reason: notify.Reason(w.task.Reason),
		Title: ticket.Title, Actor: w.about.Names[w.task.Actor], Group: w.catalog.Groups[ticket.GroupID].Name,
		Customer: w.about.Names[ticket.CustomerID], State: notify.Word(w.catalog.States[ticket.StateID].Name, w.locale),
		Changes: w.changes(w.task.Event.Changes),
	}
	if facts.Firstname == "" {
		facts.Firstname = w.user.Lastname
	}
	if ticket.OwnerID != desk.SystemUser {
		facts.Owner = w.about.Names[ticket.OwnerID]
	}
	if ticket.EscalationAt != nil {
		facts.At = notify.Moment(*ticket.EscalationAt, w.zone, w.locale)
	}
	return facts
}

// quote adds the article.
func (w *writing) quote(facts *notify.TicketFacts, article desk.Article) {
	if article.From != nil {
		facts.ArticleBy = *article.From
	}
	facts.ArticleAt = notify.Moment(article.CreatedAt, w.zone, w.locale)
	body := article.Body
	if article.ContentType != "text/html" {
		body = richtext.FromText(body)
	}
	facts.ArticleBody = template.HTML(body) // articles are sanitized when they are stored
}

// inlineImages are the files of an article that its body shows.
func inlineImages(ctx context.Context, tx *store.Store, blobs *blob.Store, article desk.Article) ([]channels.File, error) {
	if article.ContentType != "text/html" || !strings.Contains(article.Body, "cid:") {
		return nil, nil
	}
	files, err := tx.AttachmentsOf(ctx, desk.ObjectArticle, int64(article.ID))
	if err != nil {
		return nil, err
	}
	var images []channels.File
	for _, file := range files {
		id, _ := file.Preferences["Content-ID"].(string)
		if id = strings.Trim(id, "<>"); id == "" || !strings.Contains(article.Body, "cid:"+id) {
			continue
		}
		data, err := blobs.Get(ctx, tx, file.BlobID)
		if err != nil {
			return nil, fmt.Errorf("attachment %d: %w", file.ID, err)
		}
		contentType, _ := file.Preferences["Content-Type"].(string)
		images = append(images, channels.File{Filename: file.Filename, ContentType: contentType, ContentID: id, Inline: true, Data: data})
	}
	return images, nil
}
