package picture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"postroom/internal/picture"
)

func encodedAs(t *testing.T, format string, width, height int) []byte {
	t.Helper()
	var data bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	err := png.Encode(&data, img)
	if format == "jpeg" {
		data.Reset()
		err = jpeg.Encode(&data, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, format, mediaType string
		width, height           int
		wantWidth, wantHeight   int
	}{
		{"wide", "png", "image/png", 400, 100, 200, 50},
		{"wide photo", "jpeg", "image/jpeg", 400, 300, 200, 150},
		{"line", "png", "image/png", 1000, 1, 200, 1},
		{"narrow", "png", "image/png", 200, 900, 200, 900},
		{"called otherwise", "jpeg", "image/png", 50, 50, 50, 50},
	} {
		data, mediaType := picture.Narrow(encodedAs(t, c.format, c.width, c.height), c.mediaType, 200)
		size, format, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil || size.Width != c.wantWidth || size.Height != c.wantHeight || format != c.format || mediaType != c.mediaType {
			t.Errorf("%s: %dx%d %s as %s, %v", c.name, size.Width, size.Height, format, mediaType, err)
		}
	}
}

func TestPicturesAreMarked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, mediaType string
		data            []byte
		want            string
	}{
		{"small", "image/png", encodedAs(t, "png", 200, 10), "map[resizable:true]"},
		{"wide", "image/JPEG", encodedAs(t, "jpeg", 201, 10), "map[content_preview:true resizable:true]"},
		{"very wide", "image/jpg", encodedAs(t, "jpeg", 1801, 10), "map[content_inline:true content_preview:true resizable:true]"},
		{"of another kind", "image/gif", encodedAs(t, "png", 300, 10), "map[]"},
		{"broken", "image/png", []byte("no picture"), "map[]"},
	} {
		marks := map[string]any{}
		picture.Mark(marks, c.mediaType, c.data)
		if got := fmt.Sprint(marks); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestWhatCantBeReadStaysAsItIs(t *testing.T) {
	t.Parallel()
	bomb := encodedAs(t, "png", 300, 300)
	binary.BigEndian.PutUint32(bomb[16:], 1<<20) // the header says a million by a million
	binary.BigEndian.PutUint32(bomb[20:], 1<<20)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	if size, _, err := image.DecodeConfig(bytes.NewReader(bomb)); err != nil || size.Width != 1<<20 {
		t.Fatal(size, err)
	}
	cut := encodedAs(t, "png", 300, 300)
	for name, data := range map[string][]byte{"text": []byte("no picture"), "nothing": nil, "bomb": bomb, "cut": cut[:len(cut)/2]} {
		if got, mediaType := picture.Narrow(data, "image/png", 200); !bytes.Equal(got, data) || mediaType != "image/png" {
			t.Errorf("%s: changed to %d bytes of %s", name, len(got), mediaType)
		}
	}
}
