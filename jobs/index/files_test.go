package index_test

import (
	"archive/zip"
	"bytes"
	"io"
	"testing"

	"postroom/internal/blob"
	"postroom/internal/document"
	"postroom/internal/elastic"
	"postroom/jobs/jobtest"
)

func TestWordsInAttachmentsAreFound(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.rebuild(nil, elastic.Ticket)
	o.tickets(1001, 1001)
	var word bytes.Buffer
	w := zip.NewWriter(&word)
	part, err := w.Create("word/document.xml")
	if err == nil {
		_, err = io.WriteString(part, "<w:p><w:t>kilimanjaro</w:t></w:p>")
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	o.attach("offer.docx", word.Bytes())
	o.attach("broken.pdf", []byte("%PDF-1.4 and no more"))
	o.attach("note.exe", []byte("everest"))
	o.attach("long.txt", bytes.Repeat([]byte("annapurna "), 200_000)) // more than setting es_attachment_max_size_in_mb
	if err := o.PutSettingValue(t.Context(), "es_attachment_max_size_in_mb", 1); err != nil {
		t.Fatal(err)
	}
	o.Exec(`UPDATE tickets SET title = 'With files' WHERE id = 1001`)
	o.work()
	for query, want := range map[string]int{
		"article.attachment.content:kilimanjaro": 1, "article.attachment._name:offer.docx": 1, "kilimanjaro": 1,
		"everest": 0, "annapurna": 0, "article.attachment._name:long.txt": 1,
	} {
		if got := o.count(elastic.Ticket, query); got != want {
			t.Errorf("%s: %d tickets, want %d", query, got, want)
		}
	}
	if n := jobtest.Ask[int](o.Office, `SELECT count(*) FROM search_texts`); n != 2 { // that of the broken one is empty
		t.Errorf("%d texts are kept, want 2", n)
	}
	// The text is read once: the file may even be gone when the ticket changes again.
	o.Exec(`UPDATE blobs SET data = 'x', size = 1 WHERE id IN (SELECT blob_id FROM attachments)`)
	o.Exec(`UPDATE tickets SET title = 'Changed' WHERE id = 1001`)
	o.work()
	if got := o.count(elastic.Ticket, "title:changed+AND+kilimanjaro"); got != 1 {
		t.Errorf("the text of the file is gone after another change")
	}
}

// TestLongTicketsAreReadInParts has tickets of more text than is in memory at once, which only their sizes
// tell, and one of more than a document holds.
func TestLongTicketsAreReadInParts(t *testing.T) {
	t.Parallel()
	o := openAt(t, "http://127.0.0.1:1", "long")
	o.tickets(1001, 1002)
	o.Exec(`
		INSERT INTO ticket_articles (ticket_id, type_id, sender_id, body, content_type, created_at, updated_by_id, created_by_id)
		SELECT 1001, 1, 2, repeat('word ', 200000), 'text/plain', now() + make_interval(secs => n), 1, 1 FROM generate_series(1, 50) AS n`)
	sizes, err := o.TicketSizes(t.Context(), []int64{1001, 1002, 4711})
	if err != nil || sizes[1001] < 50*document.MaxBody || sizes[1002] > 10_000 || len(sizes) != 2 {
		t.Errorf("sizes %v, %v, want much of the first, little of the second and nothing of the third", sizes, err)
	}
	matters, err := o.MattersToIndex(t.Context(), []int64{1001, 1002})
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, a := range matters.Articles[1001] {
		total += len(a.Body)
	}
	if n := len(matters.Articles[1001]); n != 51 || total > document.MaxTexts || total < document.MaxTexts-document.MaxBody {
		t.Errorf("%d articles with %d bytes of text were read, want 51 with up to %d", n, total, document.MaxTexts)
	}
	if a := matters.Articles[1002]; len(a) != 1 || a[0].Body == "" {
		t.Errorf("another ticket has articles %+v, want one with its text", a)
	}
}

// attach adds a file to the article of the first ticket that was made.
func (o *office) attach(name string, data []byte) {
	o.T.Helper()
	ids, err := o.blobs.Put(o.T.Context(), o.Store, blob.DB, data)
	if err != nil {
		o.T.Fatal(err)
	}
	o.Exec(`INSERT INTO attachments (object, o_id, filename, size, blob_id, created_by_id)
		VALUES ('Ticket::Article', 1001, $1, $2, $3, 1)`, name, len(data), ids[0])
}
