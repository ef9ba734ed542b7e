package chat

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/chat"
	"postroom/internal/desk"
)

// searchSessions answers with sessions in which words occur.
func (s *Room) searchSessions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, page, err := rest.ListParams(r, rest.SearchPages)
	if err != nil {
		return err
	}
	if err := rest.NoConditions(p); err != nil {
		return err
	}
	words := rest.WordsOf(p)
	total := func() (int, error) { return s.Store.CountChatSessions(ctx, words) }
	if p.Flag("only_total_count") {
		return rest.OnlyTotal(w, r, total)
	}
	found, err := s.Store.FindChatSessions(ctx, words, page)
	if err != nil {
		return err
	}
	return s.sessionView().List(w, r, p, found, total)
}

// Searchable says how sessions are found among other records.
func (s *Room) Searchable() rest.Searchable {
	return rest.Searchable{Model: "ChatSession", Rank: 900, Searchers: []string{chat.Permission}, Find: s.find}
}

func (s *Room) find(ctx context.Context, _ *desk.Caller, what rest.Wanted) (rest.Found, error) {
	words := what.Words
	found, err := s.Store.FindChatSessions(ctx, words, what.Page)
	if err != nil {
		return rest.Found{}, err
	}
	return rest.FoundIn(ctx, s.sessionView(), found, what, func() (int, error) { return s.Store.CountChatSessions(ctx, words) })
}
