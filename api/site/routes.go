package site

import (
	"net/http"

	"postroom/api/rest"
)

// visitors are all who read pages; editors among them are known and see more.
var visitors = rest.Access{Public: true, Optional: true, Unguarded: true}

const (
	pageType     = "text/html"
	feedType     = "application/atom+xml"
	previewParam = "preview_token"
	feedParam    = "token"
)

// Routes are the addresses of pages, of feeds, and of what lets people read them.
func (s *Room) Routes(t *rest.Table) {
	t.Handle("GET /help", visitors, s.welcome).GivesFile(pageType)
	t.Handle("GET /help/{locale}", visitors, s.showHome).GivesFile(pageType)
	t.Handle("GET /help/{locale}/feed", visitors, s.sendPublicFeed).GivesFile(feedType)
	t.Handle("GET /help/{locale}/{category}", visitors, s.showCategory).GivesFile(pageType)
	t.Handle("GET /help/{locale}/{category}/feed", visitors, s.sendPublicFeed).GivesFile(feedType).First()
	t.Handle("GET /help/{locale}/{category}/{answer}", visitors, s.showAnswer).GivesFile(pageType)
	t.Handle("GET /help/{locale}/tag/{tag}", visitors, s.showTag).GivesFile(pageType)

	const path = "/api/v1/knowledge_bases"
	readers := rest.Needs("knowledge_base.*")
	subscribers := readers.Or(func(r *http.Request) bool { return r.URL.Query().Get(feedParam) != "" })
	t.Handle("GET "+path+"/{id}/{locale}/feed", subscribers, s.sendFeed).Asks(feedParam).GivesFile(feedType).First()
	t.Handle("GET "+path+"/{knowledge_base_id}/categories/{id}/{locale}/feed", subscribers, s.sendFeed).Asks(feedParam).GivesFile(feedType)
	t.Handle("GET "+path+"/preview/{object}/{id}/{locale}", readers, s.preview).First()
	token := rest.Record{{"token", ""}}
	t.Handle("GET "+path+"/feed_tokens", rest.Login, s.showFeedToken).Gives(token)
	t.Handle("PUT "+path+"/feed_tokens", rest.Login, s.renewFeedToken).Gives(token)
	t.Handle("PATCH "+path+"/feed_tokens", rest.Login, s.renewFeedToken).Gives(token)
}
