package tickets

import (
	"net/http"

	"postroom/api/rest"
	"postroom/api/shown"
	"postroom/internal/desk"
)

// splitTicket prepares a new ticket out of an article: its text comes along, and its files are copied
// to the form in which the new one is written.
func (s *Room) splitTicket(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := rest.IDIn[desk.ArticleID](p, "article_id")
	if err != nil {
		return err
	}
	article, ticket, err := s.shown.Article(r.Context(), rest.Caller(r), id)
	if err != nil {
		return err
	}
	files, err := s.copyToForm(r, article, desk.UploadCacheID(p.Text("form_id")))
	if err != nil {
		return err
	}
	assets, err := s.shown.AssetsBeside(r.Context(), rest.Caller(r), []desk.Article{article}, []desk.Ticket{ticket})
	if err != nil {
		return err
	}
	return rest.Reply(w, r, rest.Record{{"assets", assets}, {"attachments", files}})
}

// cloneFiles copies the files of an article to a form.
func (s *Room) cloneFiles(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	id, err := rest.PathID[desk.ArticleID](r, "article_id", "Ticket::Article")
	if err != nil {
		return err
	}
	article, _, err := s.shown.Article(r.Context(), rest.Caller(r), id)
	if err != nil {
		return err
	}
	files, err := s.copyToForm(r, article, desk.UploadCacheID(p.Text("form_id")))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"attachments", files}})
}

func (s *Room) copyToForm(r *http.Request, article desk.Article, form int64) ([]rest.Record, error) {
	if form == 0 {
		return nil, rest.Invalid("form_id", "Need 'form_id' to add attachments to new form.")
	}
	copies, err := s.Store.CopyAttachments(r.Context(), desk.ObjectArticle, int64(article.ID), desk.ObjectUploadCache, form, rest.Caller(r).User.ID)
	if err != nil {
		return nil, err
	}
	return shown.Attachments(copies), nil
}
