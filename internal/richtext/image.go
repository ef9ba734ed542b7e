package richtext

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// Image is an image that stood in the source of a text itself.
type Image struct {
	ContentID   string
	Filename    string // image1.png
	ContentType string // image/png or image/jpeg
	Data        []byte
}

// ExtractDataImages replaces JPEG and PNG images in the source by references to attachments. newID
// makes the Content-ID of the nth image, counted from 1.
func ExtractDataImages(source string, newID func(n int, ext string) string) (string, []Image) {
	if !strings.Contains(source, "data:image/") {
		return source, nil
	}
	var images []Image
	out := RewriteImages(source, func(src string) (string, bool) {
		image, ok := dataImage(src)
		if !ok {
			return "", false
		}
		n := len(images) + 1
		ext := strings.TrimPrefix(image.ContentType, "image/")
		image.ContentID = newID(n, ext)
		image.Filename = "image" + strconv.Itoa(n) + "." + ext
		images = append(images, image)
		return "cid:" + image.ContentID, true
	})
	return out, images
}

// dataImage decodes data:image/png;base64,…
func dataImage(src string) (Image, bool) {
	head, data, found := strings.Cut(src, ",")
	kind, isBase64 := strings.CutSuffix(strings.ToLower(head), ";base64")
	kind = strings.TrimPrefix(kind, "data:")
	if kind == "image/jpg" {
		kind = "image/jpeg"
	}
	if !found || !isBase64 || kind != "image/jpeg" && kind != "image/png" {
		return Image{}, false
	}
	bytes, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(data), ""))
	if err != nil || len(bytes) == 0 {
		return Image{}, false
	}
	return Image{ContentType: kind, Data: bytes}, true
}

// RewriteCIDs replaces cid: sources by the URL of their attachment; false: the reference stays. Some
// mailers write the Content-ID as it is, others escape it as URLs are (RFC 2392): it is asked for in
// that order.
func RewriteCIDs(source string, place func(cid string) (string, bool)) string {
	if !strings.Contains(source, "cid:") && !strings.Contains(source, "CID:") {
		return source
	}
	return RewriteImages(source, func(src string) (string, bool) {
		const scheme = "cid:"
		if len(src) < len(scheme) || !strings.EqualFold(src[:len(scheme)], scheme) {
			return "", false
		}
		cid := src[len(scheme):]
		if found, ok := place(cid); ok {
			return found, true
		}
		plain, err := url.PathUnescape(cid)
		if err != nil || plain == cid {
			return "", false
		}
		return place(plain)
	})
}

// RewriteImages changes the src of img tags and leaves every other byte alone; false: a source stays.
func RewriteImages(source string, change func(src string) (string, bool)) string {
	z := html.NewTokenizer(strings.NewReader(source))
	var b strings.Builder
	b.Grow(len(source))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			b.Write(z.Raw())
			return b.String()
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			b.Write(z.Raw())
			continue
		}
		raw := string(z.Raw()) // Token overwrites it
		if name, _ := z.TagName(); string(name) != "img" {
			b.WriteString(raw)
			continue
		}
		b.WriteString(changedImage(z, raw, change))
	}
}

// changedImage writes an img tag anew if its source changes.
func changedImage(z *html.Tokenizer, raw string, change func(src string) (string, bool)) string {
	var b strings.Builder
	b.WriteString("<img")
	changed := false
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		if len(key) == 0 {
			continue
		}
		text := string(value)
		if string(key) == "src" && !changed {
			if src, ok := change(strings.TrimSpace(text)); ok {
				text, changed = src, true
			}
		}
		b.WriteString(" " + string(key) + `="` + attributeEscaper.Replace(text) + `"`)
	}
	if !changed {
		return raw
	}
	b.WriteByte('>')
	return b.String()
}
