package tickets

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"postroom/internal/desk"
	"postroom/internal/store/catalog"
	"postroom/internal/store/pg"
)

// Select reads whole tickets, of the table tickets without a name of its own.
const Select = `
	SELECT id, group_id, priority_id, state_id, organization_id, number, title, owner_id, customer_id, note, type,
		pending_time, time_unit::text, preferences,
		last_contact_at, last_contact_agent_at, last_contact_customer_at, last_owner_update_at,
		create_article_type_id, create_article_sender_id, article_count,
		escalation_at, first_response_at, first_response_escalation_at, first_response_in_min, first_response_diff_in_min,
		close_at, close_escalation_at, close_in_min, close_diff_in_min, last_close_at,
		update_escalation_at, update_in_min, update_diff_in_min, custom,
		updated_by_id, created_by_id, created_at, updated_at
	FROM tickets`

const (
	ticketByID     = Select + ` WHERE id = $1`
	ticketByNumber = Select + ` WHERE number = $1`
	// Not FOR UPDATE: rows that refer to the ticket may still be inserted, such as another's article.
	lockTicket = ticketByID + ` FOR NO KEY UPDATE`
)

// Ticket returns one ticket, or a *desk.MissingError.
func (s Keeper) Ticket(ctx context.Context, id desk.TicketID) (desk.Ticket, error) {
	return pg.One[desk.Ticket](ctx, s.DB, ticketByID, "Ticket", int64(id))
}

// LockTicket is Ticket for a transaction that is going to change it: no other can until it ends.
func (s Keeper) LockTicket(ctx context.Context, id desk.TicketID) (desk.Ticket, error) {
	return pg.One[desk.Ticket](ctx, s.DB, lockTicket, "Ticket", int64(id))
}

// TicketByNumber returns the ticket with this number, or desk.ErrNotFound.
func (s Keeper) TicketByNumber(ctx context.Context, number string) (desk.Ticket, error) {
	rows, _ := pg.Conn(s.DB).Query(ctx, ticketByNumber, number)
	ticket, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[desk.Ticket])
	if err != nil {
		return desk.Ticket{}, fmt.Errorf("ticket number %s: %w", number, pg.Translate(err))
	}
	return ticket, nil
}

const insertTicket = `
	INSERT INTO tickets (id, group_id, priority_id, state_id, organization_id, number, title, owner_id, customer_id, note, type,
		pending_time, time_unit, preferences,
		last_contact_at, last_contact_agent_at, last_contact_customer_at, last_owner_update_at,
		create_article_type_id, create_article_sender_id, article_count,
		escalation_at, first_response_at, first_response_escalation_at, first_response_in_min, first_response_diff_in_min,
		close_at, close_escalation_at, close_in_min, close_diff_in_min, last_close_at,
		update_escalation_at, update_in_min, update_diff_in_min, custom,
		updated_by_id, created_by_id, created_at, updated_at)
	VALUES (coalesce(nullif($36::bigint, 0), nextval('tickets_id_seq')), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
		$11, $12::text::numeric, $13,
		$14, $15, $16, $17,
		$18, $19, $20,
		$21, $22, $23, $24, $25,
		$26, $27, $28, $29, $30,
		$31, $32, $33, $34,
		$35, $37, coalesce($38, clock_timestamp()), coalesce($39, clock_timestamp()))
	RETURNING id, created_at, updated_at`

// InsertTicket writes a new ticket and fills its ID, unless it brings a reserved one. Times of its
// stamp that are not set are now. Its deadlines are calculated.
func (s Keeper) InsertTicket(ctx context.Context, t *desk.Ticket) error {
	c, err := catalog.On(s.DB).Catalog(ctx)
	if err != nil {
		return err
	}
	d, err := SettleDeadlines(ctx, s, c, t, true, nil)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	QueueTicket(batch, t)
	QueueAlarms(s, batch, d)
	if err := pg.Send(ctx, s.DB, batch, "insert ticket"); err != nil {
		return err
	}
	return FinishDeadlines(ctx, s, d)
}

// QueueTicket adds to a batch what InsertTicket does.
func QueueTicket(batch *pgx.Batch, t *desk.Ticket) {
	args := append(ticketValues(t), t.ID, t.CreatedByID, pg.TimeOrNil(t.CreatedAt), pg.TimeOrNil(t.UpdatedAt))
	batch.Queue(insertTicket, args...).QueryRow(func(row pgx.Row) error {
		return row.Scan(&t.ID, &t.CreatedAt, &t.UpdatedAt)
	})
}

const saveTicket = `
	UPDATE tickets
	SET group_id = $1, priority_id = $2, state_id = $3, organization_id = $4, number = $5, title = $6, owner_id = $7,
		customer_id = $8, note = $9, type = $10, pending_time = $11, time_unit = $12::text::numeric, preferences = $13,
		last_contact_at = $14, last_contact_agent_at = $15, last_contact_customer_at = $16, last_owner_update_at = $17,
		create_article_type_id = $18, create_article_sender_id = $19, article_count = $20,
		escalation_at = $21, first_response_at = $22, first_response_escalation_at = $23, first_response_in_min = $24,
		first_response_diff_in_min = $25,
		close_at = $26, close_escalation_at = $27, close_in_min = $28, close_diff_in_min = $29, last_close_at = $30,
		update_escalation_at = $31, update_in_min = $32, update_diff_in_min = $33, custom = $34,
		updated_by_id = $35, updated_at = clock_timestamp()
	WHERE id = $36`

// SaveTicket writes back a ticket that LockTicket returned in this transaction. Its updated_at
// becomes now, and its deadlines are brought up to date.
func (s Keeper) SaveTicket(ctx context.Context, t desk.Ticket) error {
	c, err := catalog.On(s.DB).Catalog(ctx)
	if err != nil {
		return err
	}
	d, err := SettleDeadlines(ctx, s, c, &t, false, nil)
	if err != nil {
		return err
	}
	found := false
	batch := &pgx.Batch{}
	QueueSave(batch, &t).Exec(func(tag pgconn.CommandTag) error {
		found = tag.RowsAffected() > 0
		return nil
	})
	QueueHistory(batch, d.History())
	QueueAlarms(s, batch, d)
	if err := pg.Send(ctx, s.DB, batch, fmt.Sprintf("save ticket %d", t.ID)); err != nil {
		return err
	}
	if !found {
		return &desk.MissingError{Class: "Ticket", ID: int64(t.ID)}
	}
	return FinishDeadlines(ctx, s, d)
}

// QueueSave adds to a batch that a locked ticket is written back.
func QueueSave(batch *pgx.Batch, t *desk.Ticket) *pgx.QueuedQuery {
	return batch.Queue(saveTicket, append(ticketValues(t), t.ID)...)
}

// ticketValues are $1 to $35 of both statements that write a ticket.
func ticketValues(t *desk.Ticket) []any {
	return []any{
		t.GroupID, t.PriorityID, t.StateID, t.OrganizationID, t.Number, t.Title, t.OwnerID, t.CustomerID, t.Note, t.Type,
		t.PendingTime, t.TimeUnit, pg.Object(t.Preferences),
		t.LastContactAt, t.LastContactAgentAt, t.LastContactCustomerAt, t.LastOwnerUpdateAt,
		t.CreateArticleTypeID, t.CreateArticleSenderID, t.ArticleCount,
		t.EscalationAt, t.FirstResponseAt, t.FirstResponseEscalationAt, t.FirstResponseInMin, t.FirstResponseDiffInMin,
		t.CloseAt, t.CloseEscalationAt, t.CloseInMin, t.CloseDiffInMin, t.LastCloseAt,
		t.UpdateEscalationAt, t.UpdateInMin, t.UpdateDiffInMin, pg.Object(t.Custom),
		t.UpdatedByID,
	}
}

// Files and history name their record by class and id, so no foreign key takes them along.
const deleteTicket = `
	WITH gone AS (
		DELETE FROM tickets
		WHERE id = $1
		RETURNING id
	), article AS (
		SELECT a.id
		FROM ticket_articles a
		JOIN gone ON gone.id = a.ticket_id
	), past AS (
		DELETE FROM history
		WHERE id IN (
			SELECT h.id
			FROM gone
			JOIN history h ON h.object = 'Ticket' AND h.o_id = gone.id
			UNION ALL
			SELECT h.id
			FROM article
			JOIN history h ON h.object = 'Ticket::Article' AND h.o_id = article.id
			UNION ALL
			SELECT h.id
			FROM gone
			JOIN history h ON h.related_object = 'Ticket' AND h.related_o_id = gone.id)
	), file AS (
		DELETE FROM attachments f
		USING article
		WHERE f.object IN ('Ticket::Article', 'Ticket::Article::Mail') AND f.o_id = article.id
		RETURNING f.blob_id
	), draft AS (
		DELETE FROM attachments f
		USING gone, ticket_shared_draft_zooms d
		WHERE d.ticket_id = gone.id AND f.object = 'Ticket::SharedDraftZoom' AND f.o_id = d.id
		RETURNING f.blob_id
	)
	SELECT (SELECT count(*) FROM gone),
		(SELECT array_agg(DISTINCT blob_id) FROM (SELECT blob_id FROM file UNION ALL SELECT blob_id FROM draft) files)`

// DeleteTicket deletes a ticket with its articles, attachments and history. It returns the blobs
// that may now be unused.
func (s Keeper) DeleteTicket(ctx context.Context, id desk.TicketID) ([]desk.BlobID, error) {
	return s.deleteWithFiles(ctx, deleteTicket, "Ticket", int64(id))
}

// deleteWithFiles runs a statement that answers how many records it deleted, and their blobs.
func (s Keeper) deleteWithFiles(ctx context.Context, sql, class string, id int64) ([]desk.BlobID, error) {
	var deleted int
	var blobs []desk.BlobID
	if err := pg.Conn(s.DB).QueryRow(ctx, sql, id).Scan(&deleted, &blobs); err != nil {
		return nil, fmt.Errorf("delete %s %d: %w", class, id, pg.Translate(err))
	}
	if deleted == 0 {
		return nil, &desk.MissingError{Class: class, ID: id}
	}
	return blobs, nil
}
