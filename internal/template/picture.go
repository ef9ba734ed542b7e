package template

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"strconv"
)

// Picture is a value that HTML texts show as an image. In plain texts it is nothing.
type Picture struct {
	Data          []byte // JPEG or PNG; empty: there is none
	Width, Height int    // in pixels; 0: as wide, or as high, as pictures of people are
}

// pictureSize is how wide and high pictures are that no text says it of, in pixels.
const pictureSize = 60

// sized is an attribute with the size it is shown in, such as avatar(60,60).
var sized = regexp.MustCompile(`^(\w+)\(([1-9]\d{0,3})(?:,([1-9]\d{0,3}))?\)$`)

// pictureOf is the picture of an object in a size. known is false where there is no such picture.
func pictureOf(from Object, step string) (p Picture, known bool) {
	call := sized.FindStringSubmatch(step)
	if call == nil {
		return p, false
	}
	value, _ := from.Get(call[1])
	p, known = value.(Picture)
	p.Width, _ = strconv.Atoi(call[2]) // digits
	p.Height = p.Width
	if call[3] != "" {
		p.Height, _ = strconv.Atoi(call[3])
	}
	return p, known
}

// html is an image that carries its picture along. What is neither JPEG nor PNG is left out.
func (p Picture) html() string {
	kind := ""
	switch {
	case bytes.HasPrefix(p.Data, []byte("\xff\xd8")):
		kind = "jpeg"
	case bytes.HasPrefix(p.Data, []byte("\x89PNG")):
		kind = "png"
	default:
		return ""
	}
	if p.Width == 0 {
		p.Width, p.Height = pictureSize, pictureSize
	}
	return `<img src="data:image/` + kind + `;base64,` + base64.StdEncoding.EncodeToString(p.Data) +
		`" width="` + strconv.Itoa(p.Width) + `" height="` + strconv.Itoa(p.Height) + `">`
}
