package system

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/gif" // what a logo may be
	_ "image/jpeg"
	_ "image/png"
	"net/http"
	"strings"

	"postroom/api/rest"
)

// maxLogo is the size of a picture that is kept in a setting, in bytes.
const maxLogo = 512 << 10

// setLogo puts a picture, sent as a data URL, into the setting for it.
func (s *Room) setLogo(w http.ResponseWriter, r *http.Request) error {
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	setting, err := s.changeableSetting(r)
	if err != nil {
		return err
	}
	if setting.Name != "product_logo" {
		return rest.Invalid("id", "Setting '%s' holds no image.", setting.Name)
	}
	sent := in.Params.Text("logo_resize")
	if sent == "" {
		sent = in.Params.Text("logo")
	}
	head, encoded, _ := strings.Cut(sent, ",")
	if !strings.HasPrefix(head, "data:image/") || !strings.HasSuffix(head, ";base64") {
		return rest.Invalid("logo", "The image is invalid: a data URL with an image is needed")
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(data) > maxLogo {
		return rest.Invalid("logo", "The image is invalid: it is larger than %d bytes or not base64", maxLogo)
	}
	_, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return rest.Invalid("logo", "The image is invalid: it is no PNG, JPEG or GIF")
	}
	return s.putSetting(w, r, setting, "data:image/"+format+";base64,"+encoded)
}
