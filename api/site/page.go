package site

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk/kb"
	"postroom/internal/desk/workspace"
)

//go:embed pages.html
var pages string

var templates = template.Must(template.New("pages").Parse(pages))

// Names of the pages in pages.html.
const (
	listPage   = "list"
	answerPage = "answer"
)

// page is what a page shows.
type page struct {
	Lang         string // of the page, as HTML names it
	Right        bool   // it is read from right to left
	Site         string // what the knowledge base is called
	Title        string
	Home         string // address of the first page
	Feed         string // address; empty: it is not shown
	Header       []kb.MenuItem
	Footer       []kb.MenuItem
	Note         template.HTML // at the foot
	Highlight    string        // colours
	HeaderColour string
	LinkColour   string
	Above        []link // the categories that this is in, the outermost first
	Languages    []link // the same page in others
	Groups       []link // categories
	Answers      []link
	Body         template.HTML
	Files        []file
	Tags         []link
	Changed      time.Time
	State        string // of an answer that not everybody sees
}

type link struct {
	Title, URL string
	Lang       string // of the title, where it differs from that of the page
}

type file struct{ Name, URL, Size string }

// policy lets pages show what is on them, and nothing of anybody else. Bodies are cleaned before they
// are stored; their styles are attributes.
const policy = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// show answers with a page, unless the reader has it already.
func show(w http.ResponseWriter, r *http.Request, name string, p *page) error {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, name, p); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Referrer-Policy", "same-origin") // a preview's token is in the address
	send(w, r, pageType+"; charset=utf-8", body.Bytes())
	return nil
}

// send answers with bytes, unless the reader has them already.
func send(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, max-age=0, must-revalidate")
	h.Set("Vary", "Cookie, Authorization")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // who doesn't wait for it doesn't want it
}

// address is where a page is, in a language.
func (v *visit) address(locale string, parts ...string) string {
	at := "/help/" + locale
	for _, part := range parts {
		at += "/" + url.PathEscape(part)
	}
	if v.token != "" {
		at += "?" + url.Values{previewParam: {v.token}}.Encode()
	}
	return at
}

// here is address in the language of the visit.
func (v *visit) here(parts ...string) string {
	return v.address(v.locale.SystemLocaleID.Locale(), parts...)
}

// slug names something in an address: by its id, and for people by its title.
func slug[ID ~int64](id ID, title string) string {
	name := strings.ReplaceAll(workspace.LinkName(title), "_", "-")
	if name == "" {
		return rest.IDText(id)
	}
	return rest.IDText(id) + "-" + rest.Cut(name, maxSlug)
}

const maxSlug = 80 // characters

// idIn reads the id at the beginning of a slug.
func idIn[ID ~int64](slug string) (ID, error) {
	number, _, _ := strings.Cut(slug, "-")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id <= 0 {
		return 0, errNoPage
	}
	return ID(id), nil
}

// rightToLeft are languages that are.
var rightToLeft = map[string]bool{"ar": true, "fa": true, "he": true}

// begin makes a page with all that pages have in common.
func (v *visit) begin(names names, menus []kb.MenuItem) *page {
	locale := v.locale.SystemLocaleID.Locale()
	base := v.tree.Base
	p := &page{
		Lang: locale, Site: names.base.Title, Title: names.base.Title, Home: v.here(),
		Note:      template.HTML(names.base.Text), // cleaned before it was stored
		Highlight: base.ColorHighlight, HeaderColour: base.ColorHeader, LinkColour: base.ColorHeaderLink,
	}
	language, _, _ := strings.Cut(locale, "-")
	p.Right = rightToLeft[language]
	if base.ShowFeedIcon {
		p.Feed = v.here("feed")
	}
	for _, item := range menus {
		switch {
		case item.LocaleID != v.locale.ID:
		case item.Location == kb.Header:
			p.Header = append(p.Header, item)
		default:
			p.Footer = append(p.Footer, item)
		}
	}
	return p
}
