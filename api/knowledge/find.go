package knowledge

import (
	"context"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/desk/kb"
	"postroom/internal/store/knowledge"
	"postroom/internal/store/table"
)

// Searchable says how answers are found among other records: by what they are called and say in one
// language.
func (s *Room) Searchable() rest.Searchable {
	return rest.Searchable{Model: "KnowledgeBaseAnswerTranslation", Rank: 1209, Searchers: []string{"knowledge_base.*"}, Find: s.findAnswers}
}

func (s *Room) findAnswers(ctx context.Context, who *desk.Caller, what rest.Wanted) (rest.Found, error) {
	found, parts := rest.Found{}, []rest.Record{}
	catalog, err := s.Store.Catalog(ctx)
	if err != nil || !catalog.Settings.Bool("kb_active") {
		return found, err
	}
	trees, err := s.searched(ctx, rest.Params{})
	if err != nil {
		return found, err
	}
	for _, tree := range trees {
		v := &visit{who, tree}
		wanted := knowledge.Wanted{
			Words: what.Words, Shelves: v.shelves(catalog.Settings.Bool("kb_active_publicly")), Locales: v.locales(v.language()),
			Answers: true, Page: what.Page,
		}
		hits, err := s.Store.KBSearch(ctx, wanted)
		if err != nil {
			return found, err
		}
		assets, err := s.assetsOf(ctx, v, hits)
		if err != nil {
			return found, err
		}
		parts = append(parts, assets)
		for _, hit := range hits {
			found.IDs = append(found.IDs, int64(hit.ID))
		}
		if what.Count {
			total, err := s.Store.KBCount(ctx, wanted)
			if err != nil {
				return found, err
			}
			found.Total += total
		}
	}
	found.IDs = found.IDs[:min(len(found.IDs), what.Limit)]
	found.Assets = rest.MergeAssets(parts...)
	return found, nil
}

// language is that of who asks, if the knowledge base is kept in it, else its first.
func (v *visit) language() string {
	own, _ := v.who.User.Preferences["locale"].(string)
	if own != "" && len(v.locales(own)) > 0 {
		return own
	}
	for _, locale := range v.tree.Locales {
		if locale.Primary {
			return locale.SystemLocaleID.Locale()
		}
	}
	return ""
}

// assetsOf are answers that were found, with all that they are in.
func (s *Room) assetsOf(ctx context.Context, v *visit, hits []knowledge.Found) (rest.Record, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	ids := make([]kb.AnswerID, len(hits))
	in := map[kb.CategoryID][]kb.AnswerID{}
	for i, hit := range hits {
		ids[i] = kb.AnswerID(hit.OwnerID)
		in[hit.CategoryID] = append(in[hit.CategoryID], ids[i])
	}
	sc, err := s.sceneOf(ctx, v, v.filled(in, nil))
	if err != nil {
		return nil, err
	}
	sc.answers, err = knowledge.Answers.List(ctx, s.Store.DB, table.Filter[kb.AnswerID]{IDs: ids}, nil, table.Page{Limit: len(ids)})
	if err != nil {
		return nil, err
	}
	if err := sc.load(ctx, s.Store); err != nil {
		return nil, err
	}
	return sc.assets(), nil
}
