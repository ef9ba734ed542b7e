package system

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"postroom/api/rest"
)

// shippedLogo is what an installation without a logo of its own shows: an envelope.
const shippedLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 48" width="64" height="48" role="img">` +
	`<rect x="2" y="2" width="60" height="44" rx="4" fill="#fff" stroke="#38ae6a" stroke-width="4"/>` +
	`<path d="M4 6l28 22L60 6" fill="none" stroke="#38ae6a" stroke-width="4" stroke-linejoin="round"/></svg>`

// sendAsset sends a picture of the installation. Its address has the time of its last change in it,
// so whoever has it need not ask again.
func (s *Room) sendAsset(w http.ResponseWriter, r *http.Request) error {
	if r.PathValue("identifier") != "product_logo" {
		return &rest.AnswerError{Status: http.StatusNotFound, Text: "Couldn't find the requested asset"}
	}
	catalog, err := s.Catalog(r)
	if err != nil {
		return err
	}
	data, kind := logo(catalog.Settings.String("product_logo"))
	sum := sha256.Sum256(data)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "public, max-age=31536000")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(data) // who doesn't wait for it doesn't want it
	return nil
}

// logo is the picture in the setting, or the shipped one.
func logo(setting string) (data []byte, kind string) {
	head, encoded, _ := strings.Cut(setting, ",")
	kind, isImage := strings.CutPrefix(strings.TrimSuffix(head, ";base64"), "data:")
	if data, err := base64.StdEncoding.DecodeString(encoded); err == nil && isImage && strings.HasPrefix(kind, "image/") {
		return data, kind
	}
	return []byte(shippedLogo), "image/svg+xml"
}
