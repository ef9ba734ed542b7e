package account

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	"image/png"
	"net/http"
	"strings"

	"golang.org/x/image/draw"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store"
)

const (
	maxPictureBytes = 8 << 20
	maxPixels       = 40_000_000 // of what is decoded: beyond, a small file fills the memory
	avatarSide      = 160        // pixels
)

var avatarSample = avatarRecord(desk.Avatar{})

// avatarRecord shows an avatar. What it looks like comes along as a data URL.
func avatarRecord(a desk.Avatar) rest.Record {
	r := rest.Record{
		{"id", a.ID}, {"o_id", a.UserID}, {"default", a.Default}, {"deletable", !a.Initial}, {"initial", a.Initial},
		{"store_hash", a.StoreHash}, {"source", "upload"}, {"created_by_id", a.UserID}, {"updated_by_id", a.UserID},
		{"created_at", a.CreatedAt}, {"updated_at", a.UpdatedAt},
	}
	if len(a.Picture) > 0 {
		r.Add("content", "data:image/png;base64,"+base64.StdEncoding.EncodeToString(a.Picture))
	}
	return r
}

func (s *Room) listAvatars(w http.ResponseWriter, r *http.Request) error {
	avatars, err := s.Store.Avatars(r.Context(), rest.Caller(r).User.ID)
	if err != nil {
		return err
	}
	shown := make([]rest.Record, len(avatars))
	for i, a := range avatars {
		shown[i] = avatarRecord(a)
	}
	return rest.Reply(w, r, rest.Record{{"avatars", shown}})
}

// addAvatar takes a picture as data URLs: whole, and cut to what is to be shown. The latter is kept.
func (s *Room) addAvatar(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := s.InputUpTo(r, rest.MaxLargeBody)
	if err != nil {
		return err
	}
	sent := in.Params.Text("avatar_resize")
	if sent == "" {
		sent = in.Params.Text("avatar_full")
	}
	picture, err := pictureIn(sent)
	if err != nil {
		return &rest.AnswerError{Status: http.StatusUnprocessableEntity, Text: "The image is invalid: " + err.Error(), Silent: true}
	}
	sum := sha256.Sum256(picture)
	var avatar desk.Avatar
	err = s.Store.InTx(ctx, func(tx *store.Store) error {
		avatar, err = tx.AddAvatar(ctx, in.Who.User.ID, hex.EncodeToString(sum[:]), picture)
		return err
	})
	if err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"avatar", avatarRecord(avatar)}})
}

// pictureIn reads a data URL and draws its image anew, small: nothing but pixels comes through.
func pictureIn(url string) ([]byte, error) {
	head, encoded, _ := strings.Cut(url, ",")
	if !strings.HasPrefix(head, "data:image/") || !strings.HasSuffix(head, ";base64") {
		return nil, errors.New("a data URL with an image is needed")
	}
	if len(encoded) > base64.StdEncoding.EncodedLen(maxPictureBytes) {
		return nil, errors.New("it is too large")
	}
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("it is not base64")
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || size.Width <= 0 || size.Height <= 0 {
		return nil, errors.New("it is no PNG, JPEG or GIF")
	}
	if size.Width > maxPixels/size.Height {
		return nil, errors.New("it has too many pixels")
	}
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("it is damaged")
	}
	side := min(avatarSide, max(decoded.Bounds().Dx(), decoded.Bounds().Dy()))
	small := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(small, fitted(decoded.Bounds(), side), decoded, decoded.Bounds(), draw.Over, nil)
	var drawn bytes.Buffer
	err = png.Encode(&drawn, small)
	return drawn.Bytes(), err
}

// fitted is where an image goes in the middle of a square, as large as it can be without being bent.
func fitted(from image.Rectangle, side int) image.Rectangle {
	width, height := side, side
	if from.Dx() > from.Dy() {
		height = max(1, side*from.Dy()/from.Dx())
	} else {
		width = max(1, side*from.Dx()/from.Dy())
	}
	left, top := (side-width)/2, (side-height)/2
	return image.Rect(left, top, left+width, top+height)
}

// avatarNamed reads which of the caller's avatars is meant.
func (s *Room) avatarNamed(r *http.Request) (desk.AvatarID, error) {
	p, err := rest.ReadParams(r)
	if err != nil {
		return 0, err
	}
	id, err := rest.IDIn[desk.AvatarID](p, "id")
	if err == nil && id == 0 {
		err = rest.Invalid("id", "No id of avatar!")
	}
	return id, err
}

func (s *Room) chooseAvatar(w http.ResponseWriter, r *http.Request) error {
	id, err := s.avatarNamed(r)
	if err != nil {
		return err
	}
	err = s.Store.InTx(r.Context(), func(tx *store.Store) error {
		_, err := tx.ChooseAvatar(r.Context(), rest.Caller(r).User.ID, id)
		return err
	})
	if err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}

func (s *Room) deleteAvatar(w http.ResponseWriter, r *http.Request) error {
	id, err := s.avatarNamed(r)
	if err != nil {
		return err
	}
	if err := s.Store.DeleteAvatar(r.Context(), rest.Caller(r).User.ID, id); err != nil {
		return err
	}
	s.ForgetCallers()
	return rest.Deleted(w)
}

// noPicture is a GIF of one transparent pixel, for who has no picture.
var noPicture = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

// showImage shows a picture to anybody who knows its hash. It never changes.
func (s *Room) showImage(w http.ResponseWriter, r *http.Request) error {
	media, cache := "image/png", "public, max-age=31536000, immutable"
	picture, err := s.Store.Picture(r.Context(), r.PathValue("hash"))
	if errors.Is(err, desk.ErrNotFound) {
		picture, media, cache, err = noPicture, "image/gif", "public, max-age=60", nil
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	_, _ = w.Write(picture) // fails when the client is gone
	return nil
}
