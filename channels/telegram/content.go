package telegram

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	api "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"postroom/channels"
	"postroom/internal/richtext"
)

const (
	maxTitle  = 60   // characters
	maxWidth  = 1300 // pixels of a picture that is taken; larger ones are there in a smaller form
	halfAbove = 650  // pixels; wider pictures are shown at half size
	noText    = "&nbsp;"
)

// content reads what was written, and reports whether there is anything.
func (r *reading) content(w *channels.Written) bool {
	m := r.message
	if title := cmp.Or(m.Text, m.Caption); title != "" {
		w.Title = channels.Title(title, maxTitle)
	}
	w.ContentType = "text/html"
	switch {
	case m.Text != "":
		w.ContentType, w.Body = "text/plain", m.Text
	case len(m.Photo) > 0:
		r.photo(w)
	case m.Animation != nil: // comes with a document, which is the same
		a := m.Animation
		r.file(w, file{a.FileID, cmp.Or(a.FileName, named("animation", a.FileID, a.MimeType, ".mp4")), cmp.Or(a.MimeType, "video/mp4"), a.FileSize}, a.Thumbnail)
	case m.Document != nil:
		d := m.Document
		r.file(w, file{d.FileID, cmp.Or(d.FileName, named("document", d.FileID, d.MimeType, "")), d.MimeType, d.FileSize}, d.Thumbnail)
	case m.Video != nil:
		v := m.Video
		r.file(w, file{v.FileID, cmp.Or(v.FileName, named("video", v.FileID, v.MimeType, ".mp4")), cmp.Or(v.MimeType, "video/mp4"), v.FileSize}, v.Thumbnail)
	case m.VideoNote != nil:
		v := m.VideoNote
		r.file(w, file{v.FileID, named("video-note", v.FileID, "", ".mp4"), "video/mp4", v.FileSize}, v.Thumbnail)
	case m.Voice != nil:
		v := m.Voice
		r.file(w, file{v.FileID, "audio-" + v.FileID + ".ogg", cmp.Or(v.MimeType, "audio/ogg"), v.FileSize}, nil)
	case m.Audio != nil:
		r.audio(w)
	case m.Sticker != nil:
		r.sticker(w)
	default:
		w.ContentType = "text/plain"
		w.Body = told(m)
	}
	return w.Body != ""
}

// file is one that lies at Telegram.
type file struct {
	id, name, media string
	size            int // bytes; 0: unknown
}

// named makes up a name for a file that has none.
func named(what, id, media, otherwise string) string {
	return what + "-" + id + cmp.Or(otherwise, channels.Ending(media))
}

// photo shows the widest form of a picture that is not too wide.
func (r *reading) photo(w *channels.Written) {
	best := r.message.Photo[0]
	for _, size := range r.message.Photo {
		if size.Width < maxWidth && (size.Width > best.Width || best.Width >= maxWidth) {
			best = size
		}
	}
	width, height := best.Width, best.Height
	if width > halfAbove {
		width, height = width/2, height/2
	}
	w.Body = r.shown(w, best, "photo", width, height) + "<br>" + richtext.FromText(r.message.Caption)
}

// shown takes a picture along that the text shows, and returns how.
func (r *reading) shown(w *channels.Written, size api.PhotoSize, what string, width, height int) string {
	id := what + "." + strconv.Itoa(r.message.MessageID) + "." + strconv.FormatInt(r.message.Chat.ID, 10) + "@telegram"
	remote := r.remote(file{size.FileID, what + ".jpg", "image/jpeg", size.FileSize})
	remote.ContentID, remote.Inline = id, true
	w.Files = append(w.Files, remote)
	return fmt.Sprintf(`<img style="width:%dpx;height:%dpx;" src="cid:%s">`, width, height, id)
}

// file takes a file along, with its thumbnail in the text.
func (r *reading) file(w *channels.Written, f file, thumb *api.PhotoSize) {
	w.Body = noText
	if thumb != nil {
		w.Body = r.shown(w, *thumb, "thumbnail", thumb.Width, thumb.Height)
	}
	if caption := r.message.Caption; caption != "" && w.Body == noText {
		w.Body = richtext.FromText(caption)
	} else if caption != "" {
		w.Body += "<br>" + richtext.FromText(caption)
	}
	w.Files = append(w.Files, r.remote(f))
}

func (r *reading) audio(w *channels.Written) {
	a := r.message.Audio
	r.file(w, file{a.FileID, cmp.Or(a.FileName, named("audio", a.FileID, a.MimeType, ".mp3")), cmp.Or(a.MimeType, "audio/mpeg"), a.FileSize}, a.Thumbnail)
	song := strings.Trim(a.Performer+" - "+a.Title, " -")
	if r.message.Caption == "" && song != "" {
		w.Title = channels.Title(song, maxTitle)
		w.Body = strings.TrimPrefix(w.Body+"<br>"+richtext.FromText(song), noText+"<br>")
	}
}

func (r *reading) sticker(w *channels.Written) {
	s := r.message.Sticker
	w.Title = s.Emoji
	name, media := cmp.Or(s.SetName, "sticker")+".webp", "image/webp"
	if s.IsAnimated {
		name, media = cmp.Or(s.SetName, "sticker")+".tgs", "application/x-tgsticker"
	}
	if s.Thumbnail != nil {
		w.Body = r.shown(w, *s.Thumbnail, "thumbnail", s.Thumbnail.Width, s.Thumbnail.Height)
	} else {
		w.ContentType, w.Body = "text/plain", cmp.Or(s.Emoji, "Sticker")
	}
	w.Files = append(w.Files, r.remote(file{s.FileID, name, media, s.FileSize}))
}

func (r *reading) remote(f file) channels.RemoteFile {
	remote := channels.RemoteFile{Size: int64(f.size)}
	remote.Filename, remote.ContentType = f.name, f.media
	remote.Fetch = func(ctx context.Context) ([]byte, error) {
		return r.client.fetch(ctx, r.options.Token, f.id, f.size)
	}
	return remote
}

// told puts into words what is no text and no file; empty: nothing that anybody said, such as a join.
func told(m *api.Message) string {
	switch {
	case m.Venue != nil:
		return fmt.Sprintf("%s\n%s\n%s", m.Venue.Title, m.Venue.Address, channels.Place(m.Venue.Location.Latitude, m.Venue.Location.Longitude))
	case m.Location != nil:
		return "Location: " + channels.Place(m.Location.Latitude, m.Location.Longitude)
	case m.Contact != nil:
		c := m.Contact
		name := strings.TrimSpace(c.FirstName + " " + c.LastName)
		return strings.TrimSpace("Contact: " + name + "\n" + c.PhoneNumber + "\n\n" + c.VCard)
	case m.Dice != nil:
		return m.Dice.Emoji + " " + strconv.Itoa(m.Dice.Value)
	case m.Poll != nil:
		lines := []string{m.Poll.Question}
		for _, option := range m.Poll.Options {
			lines = append(lines, "- "+option.Text)
		}
		return strings.Join(lines, "\n")
	}
	return ""
}
