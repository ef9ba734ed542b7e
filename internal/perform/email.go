package perform

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/secmail"
	"postroom/jobs/task"
)

// writeEmail writes a mail as an article and announces that it has to leave. Nothing is written where
// nobody may get it, or where the group has nothing to send it by.
func (r *run) writeEmail(ctx context.Context, w EmailWrite) error {
	if !r.canSend() {
		r.log.InfoContext(ctx, "group has no working address, mail of a rule not sent",
			"ticket_id", r.Ticket.ID, "group_id", r.after.GroupID, "rule", r.Rule.Name)
		return nil
	}
	to, err := r.recipients(ctx, w.Recipients)
	if err != nil || len(to) == 0 {
		return err
	}
	preferences, wanted, err := r.preferences(ctx, w, to)
	if err != nil || !wanted {
		return err
	}
	body, files, err := r.body(ctx, w.Body)
	if err != nil {
		return err
	}
	copies, err := r.copies(ctx, w)
	if err != nil {
		return err
	}
	subject, all := r.filler().ToText(w.Subject), strings.Join(to, ", ")
	article := &desk.Article{
		TypeID: desk.ArticleEmail, SenderID: desk.SenderSystem, ContentType: "text/html",
		To: &all, Subject: &subject, Body: body, Internal: w.Internal,
		Preferences: preferences,
	}
	err = thread.ComposeEmail(article, r.after, desk.User{ID: desk.SystemUser}, r.Catalog, r.Now, uuid.NewString())
	if err != nil {
		return err
	}
	if err := r.addArticle(ctx, article, append(files, copies...)); err != nil {
		return err
	}
	r.announce = append(r.announce, task.ArticleToDeliver{ArticleID: article.ID})
	return nil
}

// preferences are those of a mail's article. It says no when the rule wants a mail that is signed or
// encrypted, and this one can't be.
func (r *run) preferences(ctx context.Context, w EmailWrite, to []string) (map[string]any, bool, error) {
	from := r.Catalog.Addresses[*r.Catalog.Groups[r.after.GroupID].EmailAddressID].Email
	security, wanted, err := secmail.New(r.tx, r.Catalog.Settings, r.Now).ForRule(ctx, w.Sign, w.Encrypt, from, to)
	if err == nil && !wanted {
		r.log.InfoContext(ctx, "mail of a rule can't be secured, not sent", "ticket_id", r.Ticket.ID, "rule", r.Rule.Name)
	}
	preferences := map[string]any{"perform_origin": r.origin()}
	if security.Type != "" {
		preferences[desk.PreferenceSecurity] = security
	}
	return preferences, wanted, err
}

// canSend reports whether the ticket's group has an address with a channel that works.
func (r *run) canSend() bool {
	id := r.Catalog.Groups[r.after.GroupID].EmailAddressID
	if id == nil {
		return false
	}
	address, known := r.Catalog.Addresses[*id]
	return known && address.ChannelID != nil && r.Catalog.Channels[*address.ChannelID].Active
}

// copies are the files of the last article that come along: those that were attached, and those that
// the body shows because it repeats the article.
func (r *run) copies(ctx context.Context, w EmailWrite) ([]desk.Attachment, error) {
	repeats := strings.Contains(w.Body, ".body_as_html")
	if !w.Attachments && !repeats {
		return nil, nil
	}
	last, err := r.lastArticle(ctx)
	if err != nil || last == nil {
		return nil, err
	}
	files, err := r.tx.AttachmentsOf(ctx, desk.ObjectArticle, int64(last.ID))
	if err != nil {
		return nil, err
	}
	var chosen []desk.Attachment
	for _, file := range files {
		if file.IsMessage() {
			continue
		}
		if inline := shownInline(file, last.Body); inline && repeats || !inline && w.Attachments {
			chosen = append(chosen, file)
		}
	}
	return chosen, nil
}

func shownInline(file desk.Attachment, body string) bool {
	id, _ := file.Preferences["Content-ID"].(string)
	id = strings.Trim(id, "<>")
	return id != "" && strings.Contains(body, "cid:"+id)
}

// lastArticle is the one that texts mean by article.
func (r *run) lastArticle(ctx context.Context) (*desk.Article, error) {
	if r.Article != nil {
		return r.Article, nil
	}
	return r.tx.ChosenArticle(ctx, r.Ticket.ID, lastOne)
}

// writeSMS writes a text message as an article and announces that it has to leave.
func (r *run) writeSMS(ctx context.Context, w SMSWrite) error {
	channel, there := r.smsChannel()
	if !there {
		r.log.InfoContext(ctx, "no channel for text messages, none sent", "ticket_id", r.Ticket.ID, "rule", r.Rule.Name)
		return nil
	}
	users, err := r.users(ctx, w.Recipients, r.senderOfArticle)
	if err != nil {
		return err
	}
	var to, numbers []string
	for _, user := range users {
		if user.Mobile != "" {
			to, numbers = append(to, user.FullName()+" ("+user.Mobile+")"), append(numbers, user.Mobile)
		}
	}
	if len(to) == 0 {
		return nil
	}
	all, subject := strings.Join(to, ", "), "SMS notification"
	article := &desk.Article{
		TypeID: desk.ArticleSMS, ContentType: "text/plain", To: &all, Subject: &subject,
		Body:        plainText(r.filler().ToHTML(w.Body)),
		Preferences: map[string]any{"perform_origin": r.origin(), "sms_recipients": numbers, "channel_id": channel.ID},
	}
	if err := r.addArticle(ctx, article, nil); err != nil {
		return err
	}
	r.announce = append(r.announce, task.Delivery(*article))
	return nil
}

// smsChannel is the first one that works.
func (r *run) smsChannel() (found desk.Channel, there bool) {
	for id, channel := range r.Catalog.Channels {
		if channel.Area == desk.AreaSMSNotification && channel.Active && (!there || id < found.ID) {
			found, there = channel, true
		}
	}
	return found, there
}
