package indexing

import (
	"context"

	"postroom/internal/desk"
	"postroom/internal/document"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
)

// Matters are tickets with what their documents hold.
type Matters struct {
	Tickets       []desk.Ticket
	Articles      map[desk.TicketID][]desk.Article
	Files         map[desk.ArticleID][]desk.Attachment
	Tags          map[int64][]string
	Mentions      map[int64][]int64
	People        People
	Organizations map[desk.OrganizationID]desk.Organization
}

// rest is what an article takes beside its text, in bytes: its headers and preferences.
const rest = 2000

// TicketSizes returns how many bytes the articles of each of some tickets take. Tickets that are gone are
// not among them.
func (s Keeper) TicketSizes(ctx context.Context, ids []int64) (map[int64]int, error) {
	return pg.Keyed[int64](ctx, s.DB, "sizes of tickets", `
		SELECT id, coalesce((SELECT sum($2 + least(octet_length(body), $3)) FROM ticket_articles WHERE ticket_id = t.id), 0)::bigint
		FROM tickets t
		WHERE id = ANY($1)`, pg.Whole[int], ids, rest, document.MaxBody)
}

// Texts beyond what a document holds stay where they are.
const articlesToIndex = `
	SELECT id, ticket_id, type_id, sender_id, "from", "to", cc, subject, reply_to, message_id, message_id_md5, in_reply_to,
		"references", content_type,
		CASE WHEN sum(least(octet_length(body), $2)) OVER (PARTITION BY ticket_id ORDER BY created_at, id) <= $3 THEN left(body, $2) ELSE '' END AS body,
		internal, preferences, time_unit::text, origin_by_id,
		updated_by_id, created_by_id, created_at, updated_at
	FROM ticket_articles
	WHERE ticket_id = ANY($1)
	ORDER BY ticket_id, created_at, id`

const filesToIndex = `
	SELECT f.id, f.object, f.o_id, f.filename, f.size, f.blob_id, f.preferences, f.created_by_id, f.created_at
	FROM ticket_articles a
	JOIN attachments f ON f.object = 'Ticket::Article' AND f.o_id = a.id
	WHERE a.ticket_id = ANY($1)
	ORDER BY f.o_id, f.id`

const tagsToIndex = `
	SELECT g.o_id, array_agg(t.name ORDER BY g.id)
	FROM taggings g
	JOIN tags t ON t.id = g.tag_id
	WHERE g.object = $2 AND g.o_id = ANY($1)
	GROUP BY g.o_id`

const mentionsToIndex = `
	SELECT ticket_id, array_agg(user_id ORDER BY user_id)
	FROM mentions
	WHERE ticket_id = ANY($1)
	GROUP BY ticket_id`

// MattersToIndex reads tickets with what their documents hold. How many at once their sizes say.
func (s Keeper) MattersToIndex(ctx context.Context, ids []int64) (Matters, error) {
	m := Matters{Articles: map[desk.TicketID][]desk.Article{}, Files: map[desk.ArticleID][]desk.Attachment{}}
	var err error
	if m.Tickets, err = pg.Many[desk.Ticket](ctx, s.DB, "tickets to index", tickets.Select+` WHERE id = ANY($1)`, ids); err != nil {
		return m, err
	}
	articles, err := pg.Many[desk.Article](ctx, s.DB, "articles to index", articlesToIndex, ids, document.MaxBody, document.MaxTexts)
	if err != nil {
		return m, err
	}
	for _, a := range articles {
		m.Articles[a.TicketID] = append(m.Articles[a.TicketID], a)
	}
	files, err := pg.Many[desk.Attachment](ctx, s.DB, "files to index", filesToIndex, ids)
	if err != nil {
		return m, err
	}
	for _, f := range files {
		m.Files[desk.ArticleID(f.OID)] = append(m.Files[desk.ArticleID(f.OID)], f)
	}
	if m.Tags, err = s.tags(ctx, "Ticket", ids); err != nil {
		return m, err
	}
	if m.Mentions, err = pg.Keyed[int64](ctx, s.DB, "mentions to index", mentionsToIndex, pg.Whole[[]int64], ids); err != nil {
		return m, err
	}
	var people []desk.UserID
	var organizations []desk.OrganizationID
	for _, t := range m.Tickets {
		people = append(people, t.CustomerID, t.OwnerID, t.CreatedByID, t.UpdatedByID)
		if t.OrganizationID != nil {
			organizations = append(organizations, *t.OrganizationID)
		}
	}
	if m.People, err = s.PeopleToIndex(ctx, people); err != nil {
		return m, err
	}
	m.Organizations, err = s.organizations(ctx, organizations)
	return m, err
}

func (s Keeper) tags(ctx context.Context, class string, ids []int64) (map[int64][]string, error) {
	return pg.Keyed[int64](ctx, s.DB, "tags to index", tagsToIndex, pg.Whole[[]string], ids, class)
}
