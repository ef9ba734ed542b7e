package whatsapp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"postroom/channels"
	"postroom/internal/desk"
)

// limits are how large files may be, in both directions, in bytes.
var limits = map[string]int64{"audio": 16 << 20, "image": 5 << 20, "video": 16 << 20, "sticker": 500 << 10, "document": 100 << 20}

// kindOf is as what a file goes out. What people's devices may not show goes as a document.
func kindOf(media string) string {
	switch base(media) {
	case "audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg":
		return "audio"
	case "image/jpeg", "image/png":
		return "image"
	case "image/webp":
		return "sticker"
	case "video/mp4", "video/3gpp":
		return "video"
	}
	return "document"
}

// base is a media type without what follows it.
func base(media string) string {
	kind, _, _ := strings.Cut(media, ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

func tooLarge(limit int64) error {
	return &desk.InvalidError{Field: "file", Reason: fmt.Sprintf("WhatsApp: the file is larger than %s", amount(limit))}
}

func amount(size int64) string {
	if size < 1<<20 {
		return fmt.Sprintf("%d KB", size>>10)
	}
	return fmt.Sprintf("%d MB", size>>20)
}

// Medium is a file of a message, as Meta names it.
type Medium struct {
	Kind     string `json:"type"` // image, document
	ID       string `json:"media_id"`
	MimeType string `json:"mime_type"`
	Filename string `json:"filename"`
}

// MediumOf reads back what an article remembers of its file.
func MediumOf(preferences map[string]any) (Medium, bool) {
	var m Medium
	raw, err := json.Marshal(preferences["whatsapp"])
	if err != nil || json.Unmarshal(raw, &m) != nil {
		return Medium{}, false
	}
	return m, m.ID != ""
}

// Remote is a file that still lies at Meta, where it stays for some weeks.
func (c *Client) Remote(o Options, m Medium) channels.RemoteFile {
	limit := cmp.Or(limits[m.Kind], limits["document"])
	f := channels.RemoteFile{Size: limit} // Meta doesn't tell yet
	f.Filename, f.ContentType = cmp.Or(m.Filename, m.Kind+"-"+m.ID+channels.Ending(m.MimeType)), base(m.MimeType)
	f.Fetch = func(ctx context.Context) ([]byte, error) { return c.fetch(ctx, o.AccessToken, m.ID, limit) }
	return f
}

func (c *Client) fetch(ctx context.Context, token, id string, limit int64) ([]byte, error) {
	var place struct {
		URL  string `json:"url"`
		Size int64  `json:"file_size"`
	}
	if err := c.get(ctx, token, url.PathEscape(id), &place); err != nil {
		return nil, err
	}
	if place.Size > limit {
		return nil, tooLarge(limit)
	}
	if !c.ours(place.URL) {
		return nil, &desk.InvalidError{Field: "file", Reason: "WhatsApp: the file lies where we may not show our token"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, place.URL, nil)
	if err != nil {
		return nil, &desk.InvalidError{Field: "file", Reason: "WhatsApp: the file has no address"}
	}
	return c.do(req, token, limit)
}

// ours reports whether an address is Meta's: nobody else gets to know the token.
func (c *Client) ours(address string) bool {
	at, err := url.Parse(address)
	if err != nil {
		return false
	}
	if api, err := url.Parse(c.API); err == nil && api.Host == at.Host && api.Scheme == at.Scheme {
		return true
	}
	host := at.Hostname()
	for _, domain := range []string{"facebook.com", "fbsbx.com", "fbcdn.net", "whatsapp.net"} {
		if at.Scheme == "https" && strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// upload leaves a file at Meta, to be sent by its id.
func (c *Client) upload(ctx context.Context, o Options, f channels.LetterFile) (id string, err error) {
	data, err := f.Read(ctx)
	if err != nil {
		return "", fmt.Errorf("file %s: %w", f.Filename, err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("messaging_product", "whatsapp") // a Buffer takes everything
	_ = form.WriteField("type", base(f.ContentType))
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {mime.FormatMediaType("form-data", map[string]string{"name": "file", "filename": f.Filename})},
		"Content-Type":        {base(f.ContentType)},
	})
	if err == nil {
		_, err = io.Copy(part, bytes.NewReader(data))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return "", fmt.Errorf("file %s: %w", f.Filename, err)
	}
	var answer struct {
		ID string `json:"id"`
	}
	err = c.call(ctx, http.MethodPost, o.AccessToken, url.PathEscape(o.PhoneNumberID)+"/media", form.FormDataContentType(), body.Bytes(), &answer)
	if err == nil && answer.ID == "" {
		err = fmt.Errorf("WhatsApp: the file %s got no id", f.Filename)
	}
	return answer.ID, err
}
