package richtext

import "strings"

// set is a list of words to look up.
type set map[string]bool

func words(lists ...string) set {
	s := set{}
	for _, list := range lists {
		for _, word := range strings.Fields(list) {
			s[word] = true
		}
	}
	return s
}

// removedTags go with everything inside them.
var removedTags = words("style script meta title comment")

// allowedTags stay; all others are replaced by what they contain.
var allowedTags = words(`a abbr acronym address area article aside audio b bdi bdo big blockquote br canvas
	caption center cite code col colgroup command datalist dd del details dfn dir div dl dt em figcaption figure
	footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd label legend li map mark menu meter nav ol output optgroup
	option p pre q s samp section small span strike strong sub summary sup table tbody td text tfoot th thead
	time tr tt u ul var video`)

var everywhere = words("class dir lang title translate data-signature data-signature-id")

// allowedAttributes are those that a tag may have besides everywhere's.
var allowedAttributes = map[string]set{
	"a":          words("href hreflang name rel target data-target-id data-target-type data-mention-user-id"),
	"blockquote": words("type cite"),
	"col":        words("span width"),
	"colgroup":   words("span width"),
	"data":       words("value"),
	"del":        words("cite datetime"),
	"div":        words("style"),
	"img":        words("align alt border src srcset style"),
	"ins":        words("cite datetime"),
	"li":         words("value"),
	"ol":         words("reversed start type"),
	"p":          words("style"),
	"q":          words("cite"),
	"span":       words("style"),
	"table":      words("align bgcolor border cellpadding cellspacing frame rules sortable summary style"),
	"td":         words("abbr align axis colspan headers rowspan valign style"),
	"th":         words("abbr align axis colspan headers rowspan scope sorted valign style"),
	"time":       words("datetime pubdate"),
	"tr":         words("style"),
	"ul":         words("type"),
}

// keptClasses mean something to clients.
var keptClasses = words("js-signatureMarker yahoo_quoted")

var cellStyles = words(`background background-color color font-size vertical-align width text-align
	margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom padding-left
	border border-top border-right border-bottom border-left border-collapse border-spacing border-radius
	border-style border-width border-color
	border-top-style border-right-style border-bottom-style border-left-style
	border-top-width border-right-width border-bottom-width border-left-width
	border-top-color border-right-color border-bottom-color border-left-color`)

// allowedStyles are the properties a tag may have.
var allowedStyles = map[string]set{
	"div":   words("color"),
	"img":   words("width height min-width min-height max-width max-height"),
	"p":     words("white-space"),
	"span":  words("color background background-color"),
	"table": cellStyles,
	"td":    cellStyles,
	"th":    cellStyles,
	"tr":    cellStyles,
}

// linkSchemes are what an href may start with; a scheme nobody knows is nobody's loss.
var linkSchemes = words(`http https ftp ftps sftp mailto tel sms sip sips xmpp skype callto geo news nntp irc ircs
	webcal magnet cid notes onenote msteams ldap ldaps git ssh rdp vnc`)

// dataImages are the media types of images that may stand in the source itself. SVG is none: it can
// hold scripts.
var dataImages = []string{"data:image/png", "data:image/jpeg", "data:image/jpg", "data:image/gif", "data:image/webp", "data:image/bmp"}
