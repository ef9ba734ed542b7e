// Package security answers what is asked about the keys that protect mail: those of S/MIME, those of
// PGP, and whether a mail can be signed and encrypted with them.
package security

import (
	"context"
	"io"
	"net/http"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/intake"
	"postroom/internal/secmail"
)

// Room answers requests about the keys of mail.
type Room struct {
	*rest.House
	intake *intake.Intake // reads mails again
}

// New returns a Room of a house.
func New(house *rest.House) *Room {
	return &Room{house, intake.New(house.Store, house.Blobs, house.Log)}
}

// upload is a text that came in a field or, when that is empty, as a file.
func upload(r *http.Request, in *rest.Input, field string) (string, error) {
	if text := in.Params.Text(field); text != "" {
		return text, nil
	}
	if r.MultipartForm == nil || len(r.MultipartForm.File["file"]) == 0 {
		if text := in.Params.Text("file"); text != "" {
			return text, nil
		}
		return "", rest.Invalid(field, "Parameter '%s' or 'file' required.", field)
	}
	file, err := r.MultipartForm.File["file"][0].Open()
	if err != nil {
		return "", err
	}
	defer file.Close()
	content, err := io.ReadAll(file) // no larger than any body
	return string(content), err
}

// download sends a text as a file.
func download(w http.ResponseWriter, name, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, text) // fails when the client is gone, and then nobody can be told
}

// check says whether the mail of an article that somebody writes can be signed and encrypted.
func (s *Room) check(way string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		in, err := s.InputUpTo(r, rest.MaxLargeBody) // front ends send whole articles
		if err != nil {
			return err
		}
		article, _ := in.Params.Object("article")
		ticket, _ := in.Params.Object("ticket")
		from, err := sender(in, rest.Params(ticket))
		if err != nil {
			return err
		}
		to := append(desk.MailAddresses(rest.Params(article).Text("to")), desk.MailAddresses(rest.Params(article).Text("cc"))...)
		safe := secmail.New(s.Store, in.Catalog.Settings, time.Now())
		encryption, err := safe.Encryption(r.Context(), way, to[:min(len(to), mostRecipients)])
		if err != nil {
			return err
		}
		sign, err := safe.Signing(r.Context(), way, from)
		if err != nil {
			return err
		}
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"type", way}, {"encryption", shown(encryption)}, {"sign", shown(sign)}})
	}
}

// mostRecipients bounds for how many people one question asks.
const mostRecipients = 500

// sender is the address that mails of a ticket's group come from.
func sender(in *rest.Input, ticket rest.Params) (string, error) {
	id, err := rest.IDIn[desk.GroupID](ticket, "group_id")
	if err != nil {
		return "", err
	}
	group := in.Catalog.Groups[id]
	if group.EmailAddressID == nil {
		return "", nil
	}
	return in.Catalog.Addresses[*group.EmailAddressID].Email, nil
}

func shown(a secmail.Ability) rest.Record {
	placeholders := a.Placeholders
	if placeholders == nil {
		placeholders = []string{}
	}
	return rest.Record{{"success", a.Possible}, {"comment", a.Comment}, {"commentPlaceholders", placeholders}}
}

// retry decrypts and verifies the mail of an article again.
func (s *Room) retry(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	id, err := rest.PathID[desk.ArticleID](r, "id", "Ticket::Article")
	if err != nil {
		return err
	}
	if err := s.mayChange(ctx, who, id); err != nil {
		return err
	}
	security, err := s.intake.Reopen(ctx, id, who.User.ID)
	if err != nil {
		return err
	}
	if security == nil {
		security = rest.Record{}
	}
	return rest.WriteJSON(w, http.StatusOK, security)
}

func (s *Room) mayChange(ctx context.Context, who *desk.Caller, id desk.ArticleID) error {
	article, err := s.Store.Article(ctx, id)
	if err != nil {
		return err
	}
	ticket, err := s.Store.Ticket(ctx, article.TicketID)
	if err != nil {
		return err
	}
	return who.TicketAccess().MayChangeAsAgent(ticket)
}
