package richtext

import (
	"strings"

	"golang.org/x/net/html"
)

// moveSize turns width and height attributes into styles, unless those are there already.
func moveSize(n *html.Node) {
	style, found := "", false
	for _, a := range n.Attr {
		switch a.Key {
		case "style":
			style = a.Val
		case "width", "height":
			found = true
		}
	}
	if !found || allowedStyles[n.Data] == nil {
		return
	}
	for _, a := range n.Attr {
		if a.Key != "width" && a.Key != "height" || strings.ContainsAny(a.Val, ";:") || hasProperty(style, a.Key) {
			continue
		}
		value := strings.TrimSpace(a.Val)
		if value == "" {
			continue
		}
		if isNumber(value) {
			value += "px"
		}
		style = strings.TrimRight(style, "; ")
		if style != "" {
			style += ";"
		}
		style += a.Key + ":" + value
	}
	if style != "" {
		setAttribute(n, "style", style)
	}
}

func hasProperty(style, name string) bool {
	if !containsFold(style, name) {
		return false
	}
	for declaration := range strings.SplitSeq(style, ";") {
		property, _, _ := strings.Cut(declaration, ":")
		if strings.EqualFold(strings.TrimSpace(property), name) {
			return true
		}
	}
	return false
}

func isNumber(value string) bool {
	return value != "" && strings.Trim(value, "0123456789") == ""
}

// cleanStyle keeps the allowed declarations of a tag.
func cleanStyle(tag, style string) string {
	style = strings.ToLower(strings.Map(dropLineControls, style))
	if hasScript(normalize(style)) {
		return ""
	}
	allowed := allowedStyles[tag]
	var out strings.Builder
	for declaration := range strings.SplitSeq(style, ";") {
		property, value, found := strings.Cut(declaration, ":")
		property, value = strings.TrimSpace(property), strings.TrimSpace(value)
		if !found || value == "" || !allowed[property] || isUnsafeValue(value) || isUnwanted(tag, property, value) {
			continue
		}
		out.WriteString(property + ": " + value + ";")
	}
	return out.String()
}

func dropLineControls(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// isUnsafeValue lets through what sizes, keywords and colours are written with. Everything else
// (quotes, escapes, a second colon, bytes of no character) only helps to hide something.
func isUnsafeValue(value string) bool {
	if strings.Trim(value, valueCharacters) != "" {
		return true
	}
	function, arguments, isCall := strings.Cut(value, "(")
	if !isCall {
		return strings.Contains(value, ")")
	}
	name := function[strings.LastIndexByte(function, ' ')+1:]
	_, _, closed := strings.Cut(arguments, ")")
	return !colorFunctions[name] || !closed || strings.Count(value, "(") > 1
}

const valueCharacters = "abcdefghijklmnopqrstuvwxyz0123456789 #%.,!+-_()"

var colorFunctions = words("rgb rgba hsl hsla")

// plainColors are what mailers set for no reason, and what breaks a dark or light theme.
var plainColors = words("black white #000 #000000 #fff #ffffff rgb(0,0,0) rgb(255,255,255) rgba(0,0,0,1) rgba(255,255,255,1)")

func isUnwanted(tag, property, value string) bool {
	value = strings.TrimSuffix(strings.Join(strings.Fields(value), ""), "!important")
	switch tag {
	case "div", "span":
		return plainColors[value]
	case "p":
		return value == "nowrap" || value == "pre"
	case "table", "tr", "th", "td":
		number := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz%")
		switch property {
		case "font-size":
			return number == "0" || number == "1" || number == "2" || number == "3"
		case "width":
			return number == "0"
		}
	}
	return false
}
