package channels

import (
	"context"
	"fmt"
	"mime"
	"strconv"
	"strings"

	"postroom/internal/desk"
)

// Act is what somebody does by writing.
type Act int

// What a message of a messenger can be.
const (
	Writes  Act = iota // it becomes an article
	Edits              // it takes the place of the article with its id; where there is none, it becomes nothing
	Ends               // the sender's ticket is closed
	Greets             // it is answered, and nothing is kept
	Reports            // the messenger tells what became of the article with its id
)

// Written is what somebody wrote by a messenger, whichever it was. Its texts may be of any kind: they
// are cleaned and cut where they are stored.
type Written struct {
	Act  Act
	ID   string // the article's message_id; by it repeats are recognised
	By   desk.Writer
	From string // of the article
	To   string

	Title       string // of a new ticket
	ContentType string // of Body: text/plain or text/html, which shows inline files by cid:
	Body        string
	Files       []RemoteFile

	// Ticket and Article are kept in their preferences, beside what is there.
	Ticket  map[string]any
	Article map[string]any

	ReplyTo string   // where replies go, as the messenger names it
	Reply   string   // told to the sender once the message is processed; empty: nothing
	Welcome string   // becomes the first answer under a new ticket, written by the system; empty: none
	Consent *Consent // said by the message, beside what else it is; nil: nothing about it
	Lost    string   // told to the sender when a file can't be had, and no article is made; empty: the rest becomes an article, with preference media_error
}

// Consent is whether somebody wants text messages from us.
type Consent struct {
	Number  string // its digits
	Refused bool
}

// Title is what somebody wrote, cut to so many characters of a title.
func Title(text string, most int) string {
	text = strings.Join(strings.Fields(desk.Plain(text)), " ")
	if short := desk.Cut(text, most); short != text {
		return short + "..."
	}
	return text
}

// Pieces cuts a text into messages of so many characters at most, between words where that is possible.
func Pieces(text string, most int) (all []string) {
	rest := []rune(strings.TrimSpace(text))
	for len(rest) > most {
		end := most
		for i := most; i > most/2; i-- {
			if rest[i] == ' ' || rest[i] == '\n' {
				end = i
				break
			}
		}
		all = append(all, strings.TrimSpace(string(rest[:end])))
		rest = []rune(strings.TrimSpace(string(rest[end:])))
	}
	if len(rest) > 0 {
		all = append(all, string(rest))
	}
	return all
}

// Ending is how the name of a file of a media type ends, where it has no name of its own; empty: nobody knows.
func Ending(media string) string {
	// Of several, what people are used to, and what a machine knows only if somebody installed a list of media types.
	switch kind, _, _ := strings.Cut(media, ";"); strings.ToLower(strings.TrimSpace(kind)) {
	case "image/jpeg":
		return ".jpg"
	case "audio/ogg":
		return ".ogg"
	case "audio/mpeg":
		return ".mp3"
	case "audio/mp4":
		return ".m4a"
	case "video/mp4":
		return ".mp4"
	case "video/3gpp":
		return ".3gp"
	case "text/plain":
		return ".txt"
	case "text/html":
		return ".html"
	case "text/vcard", "text/x-vcard":
		return ".vcf"
	case "audio/amr":
		return ".amr"
	case "audio/aac":
		return ".aac"
	case "video/quicktime":
		return ".mov"
	case "video/webm":
		return ".webm"
	case "image/heic":
		return ".heic"
	}
	if endings, _ := mime.ExtensionsByType(media); len(endings) > 0 {
		return endings[0]
	}
	return ""
}

// Place puts into words where something is, and where it can be looked at on a map.
func Place(latitude, longitude float64) string {
	lat, long := strconv.FormatFloat(latitude, 'f', -1, 64), strconv.FormatFloat(longitude, 'f', -1, 64)
	return lat + ", " + long + "\nhttps://www.openstreetmap.org/?mlat=" + lat + "&mlon=" + long
}

// ChannelOf reads which channel a ticket came by, or an article is to go by, in their preferences; 0: none.
func ChannelOf(preferences map[string]any) (id desk.ChannelID) {
	if number, ok := preferences["channel_id"].(float64); ok { // as JSON has it
		return desk.ChannelID(number)
	}
	_, _ = fmt.Sscan(fmt.Sprint(preferences["channel_id"]), &id) // clients may write it as text
	return id
}

// Piece is the first of the Pieces of a text, and rest is the text behind it.
func Piece(text string, most int) (piece, rest string) {
	all := Pieces(text, most)
	if len(all) == 0 {
		return "", ""
	}
	return all[0], strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), all[0]))
}

// RemoteFile is an attachment that still lies at the messenger.
type RemoteFile struct {
	File
	Size int64 // bytes, as announced; 0: unknown
	// Fetch gets the bytes. An error that is desk.Permanent says that they can't be had; any other is
	// worth another attempt. nil: Data has them already.
	Fetch func(ctx context.Context) ([]byte, error)
}

// A Reader makes sense of what a messenger sent. nil says that it is nothing for us. An error that is
// desk.Permanent says that nobody can read it. It fetches no files and decides nothing about tickets.
type Reader func(ctx context.Context, channel desk.Channel, raw []byte) (*Written, error)

// Letter is an article on its way out by a messenger.
type Letter struct {
	Article desk.Article
	Ticket  desk.Ticket
	Text    string // of the body
	System  bool   // written by the system, not by an agent
	Files   []LetterFile
	// Done is how many parts of it are known to have arrived at an earlier attempt: texts, files,
	// recipients, in the order in which the messenger sends them. They are not sent again.
	Done int
	// Arrived notes what has arrived; nil: nobody does. See Note.
	Arrived func(ctx context.Context, sent Sent)
}

// Note is what a messenger calls after each of so many parts: when this process dies before the last one has
// arrived, those before it are not sent again.
func (l Letter) Note(ctx context.Context, sent Sent, of int) {
	if l.Arrived != nil && sent.Parts < of {
		l.Arrived(ctx, sent)
	}
}

// LetterFile is a file of a letter, whose bytes are read when it is its turn.
type LetterFile struct {
	Filename    string
	ContentType string
	Size        int64 // bytes
	Read        func(ctx context.Context) ([]byte, error)
}

// Sent is what a messenger says about a letter.
type Sent struct {
	Parts     int    // how many have arrived, those of earlier attempts included; it counts beside an error, too
	MessageID string // becomes the article's; empty: it stays as it is
	From, To  string // likewise
	// Preferences are kept in the article's, beside what is there; also beside an error.
	Preferences map[string]any
}

// A Messenger sends articles to where their tickets came from.
type Messenger interface {
	// Way returns the channel by which a letter goes. Its error is for people: it says what is missing.
	Way(c *desk.Catalog, l Letter) (desk.Channel, error)

	// Send delivers a letter, from part Done on, and calls Letter.Note after each part. An error that is
	// desk.Permanent would happen again and ends the delivery; a *LaterError counts as no attempt; any other is
	// worth another attempt.
	Send(ctx context.Context, by desk.Channel, l Letter) (Sent, error)

	// Tell sends a text that is no article: as much of it as one message holds. It returns what is left
	// to be told, so that nothing is told again when a later message fails.
	Tell(ctx context.Context, by desk.Channel, to, text string) (rest string, err error)
}
