package parser

import (
	"strings"
)

// fileName finds a name for a part; every part gets one.
func (p *part) fileName() string {
	if name := p.givenName(); name != "" {
		return name
	}
	id := p.contentID()
	if name := idFileName(id); name != "" {
		return name
	}
	if name := p.typeName(); name != "" {
		return name
	}
	if stem, _, ok := strings.Cut(id, "@"); ok && stem != "" {
		return stem
	}
	return "file"
}

// givenName is the name that the sender gave; for a mail inside the mail, its subject.
func (p *part) givenName() string {
	for _, candidate := range []func() string{
		func() string { return p.disposition.params["filename"] },
		func() string { return p.disposition.params["name"] },
		func() string { return p.value("content-location") },
		p.nestedName,
		func() string { return p.media.params["filename"] },
		func() string { return p.media.params["name"] },
	} {
		if name := cleanName(candidate()); name != "" {
			return name
		}
	}
	return ""
}

// cleanName decodes a name and takes off the quotes that don't belong to it. Path characters stay:
// who writes or serves the file takes care of them.
func cleanName(name string) string {
	name = strings.TrimSpace(withoutNUL(decodeHeader(name)))
	if len(name) >= 2 && name[0] == '\'' && name[len(name)-1] == '\'' {
		name = name[1 : len(name)-1]
	}
	return strings.ToValidUTF8(lineEnds.Replace(name), "?")
}

var lineEnds = strings.NewReplacer("\r", "", "\n", "")

// nestedName is the subject of a forwarded mail, if that is a mail at all.
func (p *part) nestedName() string {
	if p.media.name != "message/rfc822" {
		return ""
	}
	header := p.nestedHeader()
	if _, err := findSender(header); err != nil {
		return "Mail.eml"
	}
	for _, stem := range []string{header["subject"], decodeHeader(p.value("content-description")), "Mail"} {
		if stem = strings.TrimSpace(stem); stem != "" {
			return stem + ".eml"
		}
	}
	return ""
}

// nestedHeader is the header of the mail inside a message/rfc822 part.
func (p *part) nestedHeader() map[string]string {
	head, _ := readHeader(skipMboxLine(p.data()), false)
	return decodeFields(head)
}

// idFileName: many mailers write a Content-ID like image001.png@01D5.
func idFileName(id string) string {
	name, _, ok := strings.Cut(id, "@")
	if !ok {
		return ""
	}
	dot := strings.LastIndexByte(name, '.')
	if extension := len(name) - dot - 1; dot < 1 || extension < 2 || extension > 6 {
		return ""
	}
	return name
}

// typeNames are stem and extension for parts that have no name at all.
var typeNames = map[string][2]string{
	"message/delivery-status": {"delivery-status", ".txt"},
	"text/plain":              {"document", ".txt"},
	"text/html":               {"document", ".html"},
	"video/quicktime":         {"video", ".mov"},
	"image/jpeg":              {"image", ".jpg"},
	"image/jpg":               {"image", ".jpg"},
	"image/png":               {"image", ".png"},
	"image/gif":               {"image", ".gif"},
	"text/calendar":           {"calendar", ".ics"},
}

func (p *part) typeName() string {
	name, known := typeNames[p.media.name]
	if !known {
		return ""
	}
	if description := cleanName(p.value("content-description")); description != "" {
		return description + name[1]
	}
	return name[0] + name[1]
}
