package intake_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"testing"
)

func TestPicturesOfMailsAreMarkedAndShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 300, 10))); err != nil {
		t.Fatal(err)
	}
	h.take("From: a@example.org\nTo: b@example.com\nSubject: picture\nMessage-ID: <picture@example.org>\nContent-Type: multipart/mixed; boundary=B\n\n" +
		"--B\n\nsee www.example.com\n--B\nContent-Type: image/png; name=wide.png\nContent-Disposition: inline\nContent-ID: <wide@example.org>\n" +
		"Content-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(picture.Bytes()) + "\n--B--\n")
	if got := ask[string](h, `SELECT concat_ws(' ', preferences->'resizable', preferences->'content_preview', preferences->'content_inline')
		FROM attachments WHERE filename = 'wide.png'`); got != "true true" {
		t.Errorf("resizable, content_preview, content_inline = %q, want the first two", got)
	}
	want := `see <a href="http://www.example.com" rel="nofollow noreferrer noopener" target="_blank">www.example.com</a><img src="cid:wide@example.org">`
	if got := ask[string](h, `SELECT body FROM ticket_articles ORDER BY id DESC LIMIT 1`); got != want {
		t.Errorf("body %s, want %s", got, want)
	}
}
