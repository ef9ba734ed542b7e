// Package picture makes pictures small enough to be shown.
package picture

import (
	"bytes"
	"image"
	_ "image/gif" // what can be read
	"image/jpeg"
	"image/png"
	"strings"

	"golang.org/x/image/draw"
)

// maxPixels is what is decoded at most: beyond, a small file fills the memory.
const maxPixels = 40_000_000

const jpegQuality = 85

// How wide pictures are shown, in pixels: in lists of files, and in texts.
const (
	PreviewWidth = 200
	InlineWidth  = 1800
)

// Mark notes beside a stored JPEG or PNG picture which narrower forms clients may ask for. Others
// stay without marks.
func Mark(preferences map[string]any, mediaType string, data []byte) {
	switch strings.ToLower(mediaType) {
	case "image/jpeg", "image/jpg", "image/png":
	default:
		return
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return
	}
	preferences["resizable"] = true
	if size.Width > PreviewWidth {
		preferences["content_preview"] = true
	}
	if size.Width > InlineWidth {
		preferences["content_inline"] = true
	}
}

// Narrow returns a picture that is at most so many pixels wide, and its media type. What is narrow
// enough, too large to be worked on, or no picture that can be read stays what it is.
func Narrow(data []byte, mediaType string, width int) ([]byte, string) {
	size, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || size.Width <= width || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return data, mediaType
	}
	whole, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return data, mediaType
	}
	bounds := whole.Bounds()
	small := image.NewRGBA(image.Rect(0, 0, width, max(1, width*bounds.Dy()/bounds.Dx())))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), whole, bounds, draw.Src, nil)
	var drawn bytes.Buffer
	if format == "jpeg" {
		if jpeg.Encode(&drawn, small, &jpeg.Options{Quality: jpegQuality}) != nil {
			return data, mediaType
		}
		return drawn.Bytes(), "image/jpeg"
	}
	if png.Encode(&drawn, small) != nil {
		return data, mediaType
	}
	return drawn.Bytes(), "image/png"
}
