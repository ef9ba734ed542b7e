package messenger

import (
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"postroom/channels"
	"postroom/internal/blob"
	"postroom/internal/desk"
	"postroom/internal/picture"
	"postroom/internal/store"
	"postroom/jobs/task"
)

const (
	fetchWithin  = time.Minute // one file
	unknownSize  = 20 << 20    // taken for a file that says nothing about its size, bytes
	maxFiles     = 10          // of one message
	maxFilename  = 250         // characters
	maxMediaType = 200
)

// lostError says that a file can't be had, now or later.
type lostError struct{ cause error }

func (e *lostError) Error() string { return "a file can't be fetched: " + e.cause.Error() }
func (e *lostError) Unwrap() error { return e.cause }

// notNow gives a message back until others have their files.
func notNow() error {
	return &channels.LaterError{After: turnWithin, Err: errors.New("files of other messages are being fetched")}
}

// fetch gets the files of a message, outside of any transaction. release has to be called in the end.
func (m *Messenger) fetch(ctx context.Context, msg *message) (release func(), err error) {
	release = func() {}
	if msg.Act != channels.Writes && msg.Act != channels.Edits || len(msg.Files) == 0 {
		return release, nil
	}
	files := msg.Files[:min(len(msg.Files), maxFiles)]
	weight := int64(0)
	for _, f := range files {
		if f.Size <= 0 && f.Fetch != nil {
			f.Size = unknownSize
		}
		weight += max(f.Size, int64(len(f.Data)))
	}
	if weight = min(weight, memoryForFiles); !m.slots.TryAcquire(1) {
		return release, notNow()
	}
	if !m.memory.TryAcquire(weight) {
		m.slots.Release(1)
		return release, notNow()
	}
	release = func() {
		m.memory.Release(weight)
		m.slots.Release(1)
	}
	for _, f := range files {
		file, err := fetchOne(ctx, f)
		switch {
		case err == nil:
			msg.fresh = append(msg.fresh, file)
		case !desk.Permanent(err):
			return release, err
		case msg.Lost != "":
			return release, &lostError{err}
		default:
			m.log.WarnContext(ctx, "file of a message can't be fetched", "inbound_id", msg.inbound.ID, "error", err)
			msg.Article = with(msg.Article, "media_error", true)
		}
	}
	return release, nil
}

func fetchOne(ctx context.Context, f channels.RemoteFile) (channels.File, error) {
	if f.Fetch == nil {
		return f.File, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWithin)
	defer cancel()
	var err error
	f.Data, err = f.Fetch(ctx)
	return f.File, err
}

// refuse tells the sender that a file can't be had. No article is made of the message; that it came,
// and why it became nothing, stays to be read.
func (m *Messenger) refuse(ctx context.Context, msg *message, lost *lostError) error {
	m.log.WarnContext(ctx, "message refused, its sender is told", "inbound_id", msg.inbound.ID, "channel_id", msg.channel.ID, "error", lost)
	return m.store.InTx(ctx, func(tx *store.Store) error {
		if err := tx.StartTask(ctx, msg.task); err != nil {
			return finished(err)
		}
		if msg.ReplyTo != "" {
			if err := tx.Announce(ctx, task.ReplyToSend{ChannelID: msg.channel.ID, To: msg.ReplyTo, Text: msg.Lost}); err != nil {
				return err
			}
		}
		return ignore(ctx, tx, msg.inbound.ID, msg.task, lost.Error())
	})
}

// attach puts the bytes of files away and builds their records.
func (m *Messenger) attach(ctx context.Context, tx *store.Store, msg *message, article desk.ArticleID) ([]desk.Attachment, error) {
	if len(msg.fresh) == 0 {
		return nil, nil
	}
	bytes := make([][]byte, len(msg.fresh))
	for i, f := range msg.fresh {
		bytes[i] = f.Data
	}
	place := msg.catalog.Settings.String("storage_provider")
	if place == "" {
		place = blob.DB
	}
	ids, err := m.blobs.Put(ctx, tx, place, bytes...)
	if err != nil {
		return nil, err
	}
	files := make([]desk.Attachment, len(msg.fresh))
	for i, f := range msg.fresh {
		files[i] = desk.Attachment{
			Object: desk.ObjectArticle, OID: int64(article), CreatedByID: msg.writer.ID,
			Filename: filename(f.Filename), Size: int64(len(f.Data)), BlobID: ids[i], Preferences: about(f),
		}
		picture.Mark(files[i].Preferences, f.ContentType, f.Data)
	}
	return files, nil
}

func filename(name string) string {
	name = desk.Cut(strings.TrimSpace(oneLine(name)), maxFilename)
	if name == "" || path.Clean(name) == "." {
		return "file"
	}
	return name
}

// about are the preferences of a file.
func about(f channels.File) map[string]any {
	media := desk.Cut(oneLine(f.ContentType), maxMediaType)
	if media == "" {
		media = "application/octet-stream"
	}
	preferences := map[string]any{"Content-Type": media, "Mime-Type": media}
	if f.ContentID != "" {
		preferences["Content-ID"] = f.ContentID
	}
	if f.Inline {
		preferences["Content-Disposition"] = "inline"
	}
	return preferences
}
