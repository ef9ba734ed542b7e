package site

import (
	"net/http"

	"postroom/api/rest"
	"postroom/internal/credential"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
)

// preview leads whoever writes a knowledge base to its page as others will see it, signed in there or
// not: a token in the address says for a day who looks.
func (s *Room) preview(w http.ResponseWriter, r *http.Request) error {
	ctx, who := r.Context(), rest.Caller(r)
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	if !catalog.Settings.Bool("kb_active") {
		return desk.ErrForbidden
	}
	var parts []string
	base, err := s.previewed(r, &parts)
	if err != nil {
		return err
	}
	v := &visit{who: who, catalog: catalog, open: catalog.Settings.Bool("kb_active_publicly")}
	if v.tree, err = s.Store.KBTree(ctx, base); err != nil {
		return err
	}
	if err := v.in(r.PathValue("locale")); err != nil {
		return err
	}
	v.token = credential.NewToken()
	if err := s.Store.ReplaceToken(ctx, who.User.ID, knowledge.TokenKBPreview, credential.HashToken(v.token)); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, v.here(parts...), http.StatusFound)
	return nil
}

// previewed finds what is to be looked at: where its page is, and which knowledge base it is in.
func (s *Room) previewed(r *http.Request, parts *[]string) (kb.BaseID, error) {
	ctx := r.Context()
	switch object := r.PathValue("object"); object {
	case "KnowledgeBase":
		id, err := rest.PathID[kb.BaseID](r, "id", knowledge.Bases.Class)
		return id, err
	case "KnowledgeBaseCategory":
		id, err := rest.PathID[kb.CategoryID](r, "id", knowledge.Categories.Class)
		if err != nil {
			return 0, err
		}
		category, err := knowledge.Categories.Get(ctx, s.Store.DB, id)
		*parts = []string{rest.IDText(id)}
		return category.KnowledgeBaseID, err
	case "KnowledgeBaseAnswer":
		id, err := rest.PathID[kb.AnswerID](r, "id", knowledge.Answers.Class)
		if err != nil {
			return 0, err
		}
		answer, err := knowledge.Answers.Get(ctx, s.Store.DB, id)
		if err != nil {
			return 0, err
		}
		category, err := knowledge.Categories.Get(ctx, s.Store.DB, answer.CategoryID)
		*parts = []string{rest.IDText(category.ID), rest.IDText(id)}
		return category.KnowledgeBaseID, err
	default:
		return 0, rest.Invalid("object", "Invalid value for param 'object': %s", rest.Literal(object))
	}
}
