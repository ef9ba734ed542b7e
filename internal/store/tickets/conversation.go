package tickets

import (
	"context"
	"strconv"

	"postroom/internal/desk"
	"postroom/internal/desk/thread"
	"postroom/internal/store/pg"
)

// What a message of a messenger follows up is what its customer began in the same place and nobody
// has closed: the one that rested longest. Whoever closes it meanwhile is waited for.
const (
	followedInChannel = Select + `
		WHERE customer_id = $1 AND state_id = ANY($2) AND preferences->>'channel_id' = $3::text
		ORDER BY updated_at, id
		LIMIT 1
		FOR NO KEY UPDATE`

	followedByType = Select + `
		WHERE customer_id = $1 AND state_id = ANY($2) AND create_article_type_id = $3
		ORDER BY updated_at, id
		LIMIT 1
		FOR NO KEY UPDATE`
)

// FollowedInChannel locks the customer's ticket of a channel in one of these states; none: nobody
// wrote there, or all is done.
func (s Keeper) FollowedInChannel(ctx context.Context, customer desk.UserID, states []desk.StateID, channel desk.ChannelID) ([]desk.Ticket, error) {
	return pg.Many[desk.Ticket](ctx, s.DB, "ticket of channel", followedInChannel, customer, states, strconv.FormatInt(int64(channel), 10))
}

// FollowedByType locks the customer's ticket that began with an article of a type.
func (s Keeper) FollowedByType(ctx context.Context, customer desk.UserID, states []desk.StateID, began desk.ArticleTypeID) ([]desk.Ticket, error) {
	return pg.Many[desk.Ticket](ctx, s.DB, "ticket of type", followedByType, customer, states, began)
}

const articleByMessageID = SelectArticle + `
	WHERE message_id_md5 = $1 AND message_id = $2 AND type_id = $3
	ORDER BY id DESC
	LIMIT 1`

// ArticleByMessageID returns the newest article of a type with a message id; none: it is not known.
func (s Keeper) ArticleByMessageID(ctx context.Context, messageID string, typ desk.ArticleTypeID) ([]desk.Article, error) {
	return pg.Many[desk.Article](ctx, s.DB, "article by message id", articleByMessageID, thread.MessageIDSum(messageID), messageID, typ)
}
