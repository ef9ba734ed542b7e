package parser

import "testing"

func TestBodyOfTextAndImagesIsFinishedWhenStored(t *testing.T) {
	t.Parallel()
	raw := bareHead + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee www.example.com <now>\r\n" +
		"--b\r\nContent-Type: image/png; name=a.png\r\nContent-Disposition: inline\r\nContent-ID: <a@b>\r\n\r\nPNG\r\n" +
		"--b\r\n\r\n\r\n-- \r\nBob\r\n--b--\r\n"
	msg := mustParse(t, []byte(raw))
	if want := "See www.example.com &lt;now&gt;<img src='cid:a@b'><br>-- <br>Bob"; msg.Body != want {
		t.Errorf("body %q, want %q", msg.Body, want)
	}
	want := `See <a href="http://www.example.com" rel="nofollow noreferrer noopener" target="_blank">www.example.com</a> &lt;now&gt;` +
		`<img src="cid:a@b"><span class="js-signatureMarker"></span><br>-- <br>Bob`
	if got := msg.StoredBody(); got != want {
		t.Errorf("stored as %q, want %q", got, want)
	}
	plain := mustParse(t, []byte(bareHead+"\r\nwww.example.com"))
	if got := plain.StoredBody(); got != "www.example.com" {
		t.Errorf("a text is stored as %q", got)
	}
}
