package chat

import (
	"context"
	"net/http"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
	"postroom/internal/store/table"

	keeper "postroom/internal/store/chat"
)

func (s *Room) topics() *rest.Resource[desk.Chat, desk.ChatID] {
	return &rest.Resource[desk.Chat, desk.ChatID]{
		House: s.House,
		Table: keeper.Topics,
		View:  s.topicView,
		Fresh: func() desk.Chat { return desk.Chat{Active: true, MaxQueue: 5} },
		Read:  readTopic,
	}
}

func (s *Room) topicView(*desk.Caller) rest.View[desk.Chat] {
	shown := rest.ViewOf(s.House, keeper.Topics)
	shown.Records = rest.Each(func(v desk.Chat) rest.Record {
		return rest.Record{
			{"id", v.ID}, {"name", v.Name}, {"max_queue", v.MaxQueue}, {"note", v.Note}, {"active", v.Active}, {"public", v.Public},
			{"block_ip", v.BlockIP}, {"block_country", v.BlockCountry}, {"allowed_websites", v.AllowedWebsites},
			{"preferences", v.Preferences},
		}.Stamped(v.Stamp)
	})
	return shown
}

// maxList is how long the lists of a topic are at most, in characters.
const maxList = 5000

func readTopic(ctx context.Context, tx *store.Store, in *rest.Input, v *desk.Chat) error {
	in.Name(&v.Name)
	queue := &v.MaxQueue
	in.Int(&queue, "max_queue")
	if queue != nil {
		v.MaxQueue = *queue
	}
	in.Html(&v.Note, "note", rest.MaxNote)
	in.Flag(&v.Active, "active")
	in.Flag(&v.Public, "public")
	in.NullText(&v.BlockIP, "block_ip", maxList)
	in.NullText(&v.BlockCountry, "block_country", maxList)
	in.NullText(&v.AllowedWebsites, "allowed_websites", maxList)
	in.Object(&v.Preferences, "preferences")
	if in.Err != nil {
		return in.Err
	}
	return keeper.Topics.CheckName(ctx, tx.DB, v.Name, v.ID)
}

// mostTopics is how many topics the page of administrators shows.
const mostTopics = 1000

// listTopics answers with all topics, beside the settings of chat.
func (s *Room) listTopics(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	topics, err := keeper.Topics.List(ctx, s.Store.DB, table.Filter[desk.ChatID]{}, nil, table.Page{Limit: mostTopics})
	if err != nil {
		return err
	}
	ids := make([]desk.ChatID, len(topics))
	for i, topic := range topics {
		ids[i] = topic.ID
	}
	assets := rest.Record{}
	if err := rest.AddAssets(ctx, &assets, s.topicView(nil), topics); err != nil {
		return err
	}
	settings, err := s.settings(ctx, "Chat::")
	if err != nil {
		return err
	}
	assets.Add("Setting", settings)
	return rest.Reply(w, r, rest.Record{{"chat_ids", ids}, {"assets", assets}})
}
