package letter

import (
	"fmt"
	"html"
	"regexp"
	"strings"

	"postroom/channels"
	"postroom/internal/richtext"
)

const defaultFont = "font-family:'Helvetica Neue', Helvetica, Arial, Geneva, sans-serif; font-size: 12px;"

// content builds the tree of a message: plain text alone as it is, everything else as
// mixed(alternative(text, related(html, images)), files).
func content(m channels.Outbound) part {
	if !strings.HasPrefix(m.ContentType, "text/html") {
		text := textPart("text/plain", m.Body)
		if len(m.Attachments) == 0 {
			return text
		}
		return mixed(part{subtype: "alternative", children: []part{text}}, m.Attachments)
	}
	images, files := splitInline(m.Body, m.Attachments)
	related := part{subtype: "related", children: []part{textPart("text/html", htmlDocument(m.Body, m.CSSFont, len(images) > 0))}}
	for _, image := range images {
		related.children = append(related.children, filePart(image, true))
	}
	text := textPart("text/plain", richtext.ToText(m.Body))
	return mixed(part{subtype: "alternative", children: []part{text, related}}, files)
}

func mixed(first part, files []channels.File) part {
	p := part{subtype: "mixed", children: []part{first}}
	for _, file := range files {
		p.children = append(p.children, filePart(file, false))
	}
	return p
}

var imageTag = regexp.MustCompile(`(?i)<img\b[^>]*>`)

// splitInline picks the files that the body shows.
func splitInline(body string, all []channels.File) (images, files []channels.File) {
	tags := strings.Join(imageTag.FindAllString(body, -1), "")
	for _, file := range all {
		if file.ContentID != "" && strings.Contains(tags, "cid:"+file.ContentID) {
			images = append(images, file)
		} else {
			files = append(files, file)
		}
	}
	return images, files
}

var (
	htmlTag       = regexp.MustCompile(`(?i)<html\b`)
	paragraphTag  = regexp.MustCompile(`(?i)<p>`)
	citeTag       = regexp.MustCompile(`(?i)<blockquote type="cite">`)
	ruleTag       = regexp.MustCompile(`(?i)</?hr\s*/?>`)
	pixelWidth    = regexp.MustCompile(`(?i)[\s;"']width:\s*(\d+)(?:\.\d+)?px`)
	pixelHeight   = regexp.MustCompile(`(?i)[\s;"']height:\s*(\d+)(?:\.\d+)?px`)
	sizeAttribute = regexp.MustCompile(`(?i)\s(?:width|height)\s*=`)
)

// Mail programs know few style sheets, so what matters stands at the elements themselves.
const (
	paragraphStyle = `<p style="margin: 0;">`
	citeStyle      = `<blockquote type="cite" style="border-left: 2px solid blue; margin: 0 0 16px; padding: 8px 12px;">`
	ruleStyle      = `<hr style="margin: 6px 0; border: 0; border-top: 1px solid #dfdfdf;">`

	documentStart = `<!DOCTYPE html>
<html dir="auto">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<style type="text/css">
body { width: 90%%; -webkit-text-size-adjust: 100%%; }
img { outline: none; text-decoration: none; }
a img { border: none; }
table td { border-collapse: collapse; }
pre { white-space: pre-wrap; }
</style>
</head>
<body style="%s">
`
	documentEnd = "\n</body>\n</html>\n"
)

// htmlDocument makes a body a whole document, unless it is one.
func htmlDocument(body, font string, images bool) string {
	if images {
		body = imageTag.ReplaceAllStringFunc(body, sizeForOutlook)
	}
	if htmlTag.MatchString(body) {
		return body
	}
	body = paragraphTag.ReplaceAllString(body, paragraphStyle)
	body = citeTag.ReplaceAllString(body, citeStyle)
	body = ruleTag.ReplaceAllString(body, ruleStyle)
	if strings.TrimSpace(font) == "" {
		font = defaultFont
	}
	// An apostrophe is no danger between double quotes, and font names are full of them.
	font = strings.ReplaceAll(html.EscapeString(font), "&#39;", "'")
	return fmt.Sprintf(documentStart, font) + body + documentEnd
}

// sizeForOutlook repeats an image's size, which Outlook doesn't read in a style.
func sizeForOutlook(tag string) string {
	if sizeAttribute.MatchString(tag) {
		return tag
	}
	attributes := ""
	if width := pixelWidth.FindStringSubmatch(tag); width != nil {
		attributes += ` width="` + width[1] + `"`
	}
	if height := pixelHeight.FindStringSubmatch(tag); height != nil {
		attributes += ` height="` + height[1] + `"`
	}
	return tag[:len("<img")] + attributes + tag[len("<img"):]
}
