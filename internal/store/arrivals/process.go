package arrivals

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"postroom/internal/desk"
	"postroom/internal/desk/workspace"
	"postroom/internal/store/directory"
	"postroom/internal/store/files"
	"postroom/internal/store/outbox"
	"postroom/internal/store/personal"
	"postroom/internal/store/pg"
	"postroom/internal/store/tickets"
	"postroom/jobs/task"
)

// Mention is everything by which a mail refers to what we have.
type Mention struct {
	Numbers   []string // what looks like ticket numbers
	MD5s      []string // hex, of the Message-IDs it answers
	Addresses []string // lower case, of the people it names
	Senders   []string // those of Addresses that may have written it
}

// Known is what the database has of it, at one moment of the transaction. Its tickets are locked
// until the transaction ends.
type Known struct {
	Now     time.Time // the database's, so that articles of one ticket have times in their order
	Parents []desk.InboundID
	Tickets []desk.Ticket
	// Answered are the articles with those Message-IDs, newest first.
	Answered  []AnsweredArticle
	Users     map[string]desk.User // by lower-case address
	Agents    []desk.UserID        // those of the senders who hold ticket.agent
	ArticleID desk.ArticleID       // reserved for the article that the mail becomes
}

// AnsweredArticle is one that a mail refers to by its Message-ID.
type AnsweredArticle struct {
	ID           desk.ArticleID
	TicketID     desk.TicketID
	MD5          string `db:"message_id_md5"`
	Internal     bool
	FirstSubject *string // of the first article of its ticket
}

// lockConversation locks a received message together with those received ones that it answers.
// Always in the order of their ids: messages that answer each other can't wait for each other then.
// Whoever processes a parent holds its lock, so we get past here only when the parent is done, or
// before anybody has begun with it.
const lockConversation = `
	SELECT id
	FROM inbound_messages
	WHERE state = 'received'
		AND (id = $1 OR id = ANY(ARRAY(
			SELECT id
			FROM inbound_messages
			WHERE message_id_md5 = ANY($2) AND state = 'received')))
	ORDER BY id
	FOR NO KEY UPDATE`

const finishTask = `DELETE FROM outbox WHERE id = $1`

const lockMentionedTickets = tickets.Select + `
	WHERE number = ANY($1) OR id = ANY(ARRAY(
		SELECT ticket_id
		FROM ticket_articles
		WHERE message_id_md5 = ANY($2)))
	ORDER BY id
	FOR NO KEY UPDATE`

const answeredArticles = `
	SELECT a.id, a.ticket_id, a.message_id_md5, a.internal, (
		SELECT first.subject
		FROM ticket_articles first
		WHERE first.ticket_id = a.ticket_id
		ORDER BY first.id
		LIMIT 1) AS first_subject
	FROM ticket_articles a
	WHERE a.message_id_md5 = ANY($1)
	ORDER BY a.created_at DESC, a.id DESC
	LIMIT 500`

const reserveArticle = `
	SELECT clock_timestamp()::timestamptz(3), nextval('ticket_articles_id_seq'), ARRAY(
		SELECT u.id
		FROM users u
		JOIN roles_users ru ON ru.user_id = u.id
		JOIN roles r ON r.id = ru.role_id AND r.active
		JOIN permissions_roles pr ON pr.role_id = r.id
		JOIN permissions p ON p.id = pr.permission_id AND p.active AND p.name IN ('ticket.agent', 'ticket')
		WHERE u.email = ANY($1) AND u.email <> '' AND u.active)`

// StartInbound begins the processing of a received message in this transaction: it starts the
// message's task, locks the message, and looks up everything it mentions, all in one round trip.
// It returns desk.ErrNotFound when the message or its task is done already.
func (s Keeper) StartInbound(ctx context.Context, id desk.InboundID, work desk.OutboxID, m Mention) (Known, error) {
	known := Known{Users: map[string]desk.User{}}
	started, mine := false, false
	batch := &pgx.Batch{}
	batch.Queue(outbox.LockTask, work).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&started)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // the rest of the batch has to be read in any case
		}
		return err
	})
	batch.Queue(lockConversation, id, m.MD5s).Query(func(rows pgx.Rows) error {
		ids, err := pgx.CollectRows(rows, pgx.RowTo[desk.InboundID])
		for _, found := range ids {
			if found == id {
				mine = true
				continue
			}
			known.Parents = append(known.Parents, found)
		}
		return err
	})
	if len(m.Numbers)+len(m.MD5s) > 0 {
		batch.Queue(lockMentionedTickets, m.Numbers, m.MD5s).Query(func(rows pgx.Rows) (err error) {
			known.Tickets, err = pgx.CollectRows(rows, pgx.RowToStructByName[desk.Ticket])
			return err
		})
	}
	if len(m.MD5s) > 0 {
		batch.Queue(answeredArticles, m.MD5s).Query(func(rows pgx.Rows) (err error) {
			known.Answered, err = pgx.CollectRows(rows, pgx.RowToStructByName[AnsweredArticle])
			return err
		})
	}
	directory.QueueUsersByAddress(batch, m.Addresses, known.Users)
	batch.Queue(reserveArticle, m.Senders).QueryRow(func(row pgx.Row) error {
		return row.Scan(&known.Now, &known.ArticleID, &known.Agents)
	})
	if err := pg.Send(ctx, s.DB, batch, fmt.Sprintf("start inbound message %d", id)); err != nil {
		return Known{}, err
	}
	if !started {
		return Known{}, fmt.Errorf("task of inbound message %d: %w", id, desk.ErrNotFound)
	}
	if !mine {
		return Known{}, fmt.Errorf("received message %d: %w", id, desk.ErrNotFound)
	}
	return known, nil
}

// Waiting is rare, so all who decide about it do so one after the other: only then is the chain of
// who waits for whom certain. Its number is arbitrary.
const waitingLock = 7_001

// wait marks a message as waiting for the first of parents that does not wait for the message
// itself, over whatever detours.
const wait = `
	WITH RECURSIVE chain (parent, id) AS (
		SELECT p, p
		FROM unnest($2::bigint[]) AS p
		UNION
		SELECT chain.parent, m.waits_for_id
		FROM chain
		JOIN inbound_messages m ON m.id = chain.id AND m.state = 'received'
		WHERE m.waits_for_id IS NOT NULL
	), first AS (
		SELECT p
		FROM unnest($2::bigint[]) AS p
		WHERE NOT EXISTS (SELECT FROM chain WHERE parent = p AND id = $1)
		ORDER BY p
		LIMIT 1
	)
	UPDATE inbound_messages
	SET waits_for_id = first.p
	FROM first
	WHERE id = $1`

// WaitForParent makes a message wait for one of the unprocessed ones it answers; parents are those
// that StartInbound found. It reports false when all of them wait for the message itself.
func (s Keeper) WaitForParent(ctx context.Context, id desk.InboundID, parents []desk.InboundID) (waits bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`SELECT pg_advisory_xact_lock($1)`, waitingLock)
	batch.Queue(wait, id, parents).Exec(func(tag pgconn.CommandTag) error {
		waits = tag.RowsAffected() > 0
		return nil
	})
	return waits, pg.Send(ctx, s.DB, batch, fmt.Sprintf("inbound message %d waits", id))
}

// Filing is what a processed message changes, apart from people.
type Filing struct {
	Inbound     desk.InboundID
	Task        desk.OutboxID
	Ticket      *desk.Ticket
	NewTicket   bool // with a reserved id; otherwise it was locked by StartInbound
	Article     *desk.Article
	Attachments []desk.Attachment
	History     []desk.Change
	Activities  []workspace.Activity // what its author did, for others to see
	Event       desk.TicketEvent
	Then        []task.Kind // work that follows, beside that of the event
	Catalog     *desk.Catalog
}

// File writes a message's ticket, article, files and history, and ends the message and its task,
// all in one round trip. Ids that later rows refer to must have been reserved.
func (s Keeper) File(ctx context.Context, f Filing) error {
	writer := tickets.On(s.DB)
	d, err := tickets.SettleDeadlines(ctx, writer, f.Catalog, f.Ticket, f.NewTicket, f.Article)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	if f.NewTicket {
		tickets.QueueTicket(batch, f.Ticket)
	} else {
		tickets.QueueSave(batch, f.Ticket)
	}
	tickets.QueueArticle(batch, f.Article)
	if err := files.QueueAttachments(batch, f.Attachments); err != nil {
		return err
	}
	if !f.NewTicket {
		f.History = append(f.History, d.History()...)
	}
	tickets.QueueHistory(batch, f.History)
	personal.QueueActivities(batch, f.Activities...)
	tickets.QueueAlarms(writer, batch, d)
	s.queueEnd(batch, f.Inbound, Processed, "", &f.Ticket.ID, &f.Article.ID)
	batch.Queue(finishTask, f.Task)
	if err := pg.QueueWork(s.DB, batch, append(tickets.EventWork(f.Catalog, f.Event), f.Then...)...); err != nil {
		return err
	}
	if err := pg.SendFresh(ctx, s.DB, batch, fmt.Sprintf("file inbound message %d", f.Inbound)); err != nil {
		return err
	}
	return tickets.FinishDeadlines(ctx, writer, d)
}

// Only the newest articles are looked at: a machine may have filled the ticket with thousands.
const lastTo = `
	SELECT internal
	FROM (
		SELECT id, created_at, internal, "to"
		FROM ticket_articles
		WHERE ticket_id = $1
		ORDER BY id DESC
		LIMIT 500
	) newest
	WHERE position(lower($2) IN lower("to")) > 0
	ORDER BY created_at DESC, id DESC
	LIMIT 1`

// LastToIsInternal reports whether the newest article of a ticket that went to this address is internal.
func (s Keeper) LastToIsInternal(ctx context.Context, ticket desk.TicketID, address string) (internal bool, err error) {
	err = pg.Conn(s.DB).QueryRow(ctx, lastTo, ticket, address).Scan(&internal)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("last article of ticket %d to the sender: %w", ticket, pg.Translate(err))
	}
	return internal, nil
}
