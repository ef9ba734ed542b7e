package richtext

import (
	"strings"
	"testing"
)

const linkEnd = ` rel="nofollow noreferrer noopener" target="_blank">`

func TestSanitizeKeepsWhatIsHarmless(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, source, want string }{
		{"nothing", "", ""},
		{"text", "just text", "just text"},
		{"text with signs", "1 < 2 && 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"},
		{"formatting", "<p>x <b>y</b> <i>z</i></p>", "<p>x <b>y</b> <i>z</i></p>"},
		{"unknown tags are unwrapped", "<font color=red>x <o:p>y</o:p></font>", "x y"},
		{"style, script, title, meta and comments go", "<title>a</title><meta name=x><style>b{}</style><!-- c --><script>d</script>e", "e"},
		{"a document", "<html><head><title>x</title></head><body class=a><p>y</p></body></html>", "<p>y</p>"},
		{"tables", "<table><tr><td>a<td>b<tr><td>c</table>", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"},
		{"a table in a cell", "<table><tr><td><table><tr><td>a</table>b<td>c</table>",
			"<table><tr><td><table><tr><td>a</td></tr></table>b</td><td>c</td></tr></table>"},
		{"lists", "<ul><li>a<ul><li>b</ul><li>c</ul>", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"},
		{"paragraphs", "<p>a<p>b<div>c</div>", "<p>a</p><p>b</p><div>c</div>"},
		{"wrong order", "<b>a<i>b</b>c</i>d", "<b>a<i>b</i></b>cd"},
		{"never closed", "<div><b>a", "<div><b>a</b></div>"},
		{"never opened", "a</div></p></td>b", "ab"},
		{"entities", "&auml;&nbsp;&#8364;&lt;", "ä\u00a0€&lt;"},
		{"classes", `<div class="a yahoo_quoted b">x</div>`, `<div class="yahoo_quoted">x</div>`},
		{"global attributes", `<p id=a lang=de dir=rtl data-x=1>x</p>`, `<p lang="de" dir="rtl">x</p>`},
		{"quotes in attributes", `<p title='"a" & b'>x</p>`, `<p title="&quot;a&quot; &amp; b">x</p>`},
		{"Word's bullets", "<p><![if !supportLists]><span>·</span><![endif]>x</p>", "<p>\u2022 x</p>"},
		{"noscript", "<noscript><p>x</p></noscript>", "<p>x</p>"},
		{"invalid UTF-8", "a\xffb", "a\uFFFDb"},
	} {
		if got, removed := Sanitize(tc.source, Options{}); got != tc.want || removed {
			t.Errorf("%s: got %q (removed %t), want %q", tc.name, got, removed, tc.want)
		}
	}
}

func TestSanitizeReducesStyles(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ source, want string }{
		{`<span style="COLOR: Red; font-family: x">a</span>`, `<span style="color: red;">a</span>`},
		{`<span style="color: #000000">a</span>`, `a`},
		{`<div style="color: rgb(255, 255, 255)">a</div>`, `<div>a</div>`},
		{`<div style="color: rgb(1, 2, 3)">a</div>`, `<div style="color: rgb(1, 2, 3);">a</div>`},
		{`<p style="white-space: nowrap">a</p>`, `<p>a</p>`},
		{`<p style="white-space: pre-wrap; color: red">a</p>`, `<p style="white-space: pre-wrap;">a</p>`},
		{`<td style="font-size: 0px; width:0; padding: 1px">a</td>`, `<td style="padding: 1px;">a</td>`},
		{`<td style="font-size: 13px">a</td>`, `<td style="font-size: 13px;">a</td>`},
		{`<b style="color: red">a</b>`, `<b>a</b>`},
		{`<img src="cid:1" width="20" height="10%">`, `<img src="cid:1" style="width: 20px;height: 10%;">`},
		{`<img src="cid:1" width="20" style="width: 5px">`, `<img src="cid:1" style="width: 5px;">`},
		{`<table width=600><tr height=5><td>a</table>`, `<table style="width: 600px;"><tr><td>a</td></tr></table>`},
		{`a<hr width=5>b`, `a<hr>b`},
	} {
		if got, _ := Sanitize(tc.source, Options{}); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.source, got, tc.want)
		}
	}
}

func TestSanitizeTakesOutRemoteContent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		source, want string
		removed      bool
	}{
		{`a<img src="https://x.example/p.png">`, `a`, true},
		{`a<img src="//x.example/p.png">`, `a`, true},
		{`a<img src="ftp://x.example/p.png">`, `a`, true},
		{`a<img src="cid:x" srcset="https://x.example/p.png 2x">`, `a<img src="cid:x">`, true},
		{`a<iframe src="https://x.example/">b</iframe>c`, `ac`, true},
		{`a<img src="javascript:x">`, `a`, false},
		{`a<img src="ci d:x">`, `a`, false},
		{`a<img src="data: image/png;base64,iVBORw0KGgo=">`, `a`, false},
		{`a<img src="CID:x">`, `a<img src="CID:x">`, false},
		{`a<img src="cid:x@y" alt="">`, `a<img src="cid:x@y" alt="">`, false},
		{`a<img src="data:image/png;base64,iVBORw0KGgo=">`, `a<img src="data:image/png;base64,iVBORw0KGgo=">`, false},
		{`a<img src="/api/v1/attachments/1">`, `a<img src="/api/v1/attachments/1">`, false},
		{`<div><img src="https://x.example/p.png"></div>`, ``, true},
	} {
		if got, removed := Sanitize(tc.source, Options{}); got != tc.want || removed != tc.removed {
			t.Errorf("%s: got %s (removed %t), want %s (%t)", tc.source, got, removed, tc.want, tc.removed)
		}
	}
}

func TestSanitizeMakesLinks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ source, want string }{
		{`<a href="https://x.example/">x</a>`, `<a href="https://x.example/" title="https://x.example/"` + linkEnd + `x</a>`},
		{`<a href="https://x.example/" title="own">x</a>`, `<a href="https://x.example/" title="own"` + linkEnd + `x</a>`},
		{`<a href="https://x.example/">x.example</a>`, `<a href="https://x.example/"` + linkEnd + `x.example</a>`},
		{`<a href="x.example/y">x</a>`, `<a href="http://x.example/y" title="http://x.example/y"` + linkEnd + `x</a>`},
		{`<a href="mailto:a@x.example">x</a>`, `<a href="mailto:a@x.example">x</a>`},
		{`<a href="tel:+49">x</a>`, `<a href="tel:+49">x</a>`},
		{`<a href="#top">x</a>`, `<a href="#top">x</a>`},
		{`<a href="https://desk.example.com/#ticket/1">x</a>`,
			`<a href="https://desk.example.com/#ticket/1" title="https://desk.example.com/#ticket/1" rel="nofollow noreferrer noopener">x</a>`},
		{`<a name="x">y</a>`, `y`},
		{`<a href="javascript:x">y</a>`, `y`},
		{`<a href="http ://x.example/">x.example</a>`, `<a href="http://x.example/"` + linkEnd + `x.example</a>`},
		{`<a href="HTTP://x.example/">x.example</a>`, `<a href="HTTP://x.example/"` + linkEnd + `x.example</a>`},
		{`<a href="mail%74o%3Aa@x.example">x</a>`, `x`},
		{`see https://x.example/a?b=1&amp;c=2.`, `see <a href="https://x.example/a?b=1&amp;c=2"` + linkEnd + `https://x.example/a?b=1&amp;c=2</a>.`},
		{`see www.x.example, please`, `see <a href="http://www.x.example"` + linkEnd + `www.x.example</a>, please`},
		{`(https://x.example/a_(b))`, `(<a href="https://x.example/a_(b)"` + linkEnd + `https://x.example/a_(b)</a>)`},
		{`<pre>https://x.example/</pre>`, `<pre>https://x.example/</pre>`},
		{`mailto:a@x.example awww.x.example http:// www.`, `mailto:a@x.example awww.x.example http:// www.`},
	} {
		if got, _ := Sanitize(tc.source, Options{OwnURL: "https://desk.example.com"}); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.source, got, tc.want)
		}
	}
}

func TestSanitizeTidiesUp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ source, want string }{
		{"a  b\t c\r\nd", "a b c d"},
		{"a\n\n\n\nb", "a\n\nb"},
		{"<pre>a\n  b</pre>", "<pre>a\n  b</pre>"},
		{"<div> a </div> <div> b </div>", "<div>a</div><div>b</div>"},
		{"<p></p><div><span></span></div><b></b>x", "x"},
		{"<span><span>a</span></span>", "a"},
		{"<div><div><div>a</div></div></div>", "<div>a</div>"},
		{"<div><p>a</p></div>", "<div><p>a</p></div>"},
		{"a<br><br><br><br><br>b", "a<br><br>b"},
		{"a<br><br>b", "a<br><br>b"},
		{"<p>a</p><p>&nbsp;</p><p>&nbsp;</p><p>&nbsp;</p><p>b</p>", "<p>a</p><br><br><p>b</p>"},
		{"<br><br>a<br><p>&nbsp;</p>", "a"},
		{"<b>a</b> <i>b</i>", "<b>a</b> <i>b</i>"},
		{"<font>a</font> <font>b</font>", "a b"},
	} {
		if got, _ := Sanitize(tc.source, Options{}); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.source, got, tc.want)
		}
	}
}

func TestSanitizeMarksSignatures(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, source, want string }{
		{"dashes after a break", "a<br>-- <br>Bob", "a|<br>-- <br>Bob"},
		{"underscores after a break", "a<br>___<br>Bob", "a|<br>___<br>Bob"},
		{"dashes after a div", "<div>a</div>--<br>Bob", "<div>a|</div>--<br>Bob"},
		{"a paragraph of dashes", "<p>a</p><p>--</p><p>Bob</p>", "<p>a</p>|<p>--</p><p>Bob</p>"},
		{"Outlook", "<p>a</p><p><b>From:</b> Bob</p>", "<p>a</p>|<p><b>From:</b> Bob</p>"},
		{"Outlook with a language", `<p>a</p><div><b><span lang="de">Von:</span></b> Bob</div>`, `<p>a</p>|<div><b><span lang="de">Von:</span></b> Bob</div>`},
		{"a second break", "a<br><br>From: Bob", "a|<br><br>From: Bob"},
		{"Apple Mail", `<p>a</p><blockquote type="cite"><div>On Monday Bob wrote</div></blockquote>`,
			`<p>a</p>|<blockquote type="cite"><div>On Monday Bob wrote</div></blockquote>`},
		{"Gmail", "<p>a</p><div><br>Am Montag schrieb Bob<blockquote>x</blockquote></div>", "<p>a</p>|<div><br>Am Montag schrieb Bob<blockquote>x</blockquote></div>"},
		{"only the first", "a<br>--<br>b<br>--<br>c", "a|<br>--<br>b<br>--<br>c"},
		{"On without a quote", "<p>a</p><div><br>On Monday we met.</div>", "<p>a</p><div><br>On Monday we met.</div>"},
		{"a word that begins like one", "a<br><br>Dear Bob, Fromage:", "a<br><br>Dear Bob, Fromage:"},
		{"a marker already", "a|<br>b<br>--", "a|<br>b<br>--"},
		{"none", "<p>a - b -- c</p>", "<p>a - b -- c</p>"},
	} {
		const mark = `<span class="js-signatureMarker"></span>`
		got, _ := Sanitize(strings.ReplaceAll(tc.source, "|", mark), Options{})
		if want := strings.ReplaceAll(tc.want, "|", mark); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.name, got, want)
		}
	}
}

// TestSanitizeTakesAnySize: none of these may become a tree.
func TestSanitizeTakesAnySize(t *testing.T) {
	t.Parallel()
	deep, _ := Sanitize(strings.Repeat("<blockquote>", 5000)+"bottom", Options{})
	if !strings.Contains(deep, "bottom") || strings.Count(deep, "<blockquote>") > maxDepth {
		t.Errorf("nested deeply: %.100q", deep)
	}
	many, _ := Sanitize(strings.Repeat("<b>x</b> ", maxTags), Options{})
	if !strings.HasPrefix(many, "x x x") {
		t.Errorf("many tags: %.100q", many)
	}
	formats := strings.Repeat("<b><i><u>", 100) + strings.Repeat("<p>x", 20_000)
	if got, _ := Sanitize(formats, Options{}); len(got) > 10*len(formats) {
		t.Errorf("%d bytes of unclosed formatting became %d", len(formats), len(got))
	}
}

func TestToText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, source, want string }{
		{"nothing", "", ""},
		{"paragraphs", "<p>a</p><p>b</p>", "a\n\nb"},
		{"breaks", "a<br>b<br><br><br><br>c", "a\nb\n\nc"},
		{"divs", "<div>a</div><div>b</div>", "a\nb"},
		{"lists", "<ul><li>a</li><li>b</li></ul>", "* a\n* b"},
		{"quotes", "a<blockquote>b<br>c</blockquote>d", "a\n\n> b\n> c\n\nd"},
		{"tables", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"a rule", "a<hr>b", "a\n___\nb"},
		{"links", `see <a href="https://x.example/">this</a> or <a href="mailto:b@x.example">that</a>`,
			"see [1] this or [2] that\n\n[1] https://x.example/\n[2] mailto:b@x.example\n"},
		{"entities", "&auml;&nbsp;&lt;b&gt;", "ä <b>"},
		{"hidden", "<style>x</style><script>y</script><title>z</title>a", "a"},
		{"preformatted", "<pre>a\n  b</pre>", "a\n  b"},
		{"a signature", "a<br>-- <br>Bob", "a\n-- \nBob"},
		{"inline", "a<b>b</b>c <i>d</i>", "abc d"},
		{"comments", "a<!-- b -->c", "ac"},
	} {
		if got := ToText(tc.source); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
	if got := PlainText(`<a href="https://x.example/Ticket#1">this</a>`); got != "this" {
		t.Errorf("PlainText = %q, want no trace of the link", got)
	}
}

func TestFromText(t *testing.T) {
	t.Parallel()
	if got, want := FromText("a < b & \"c\" 'd'\r\ne\nf &amp; g"), "a &lt; b &amp; &quot;c&quot; &#39;d&#39;<br>e<br>f &amp; g"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExtractDataImages(t *testing.T) {
	t.Parallel()
	source := `<p>a<img alt="x" src="data:image/png;base64,iVBORw0KGgo="><img src='data:image/jpeg;base64,/9j/'>` +
		`<img src="data:image/gif;base64,R0lG"><img src="data:image/png;base64,***"></p>`
	got, images := ExtractDataImages(source, func(n int, ext string) string { return "id" + string(rune('0'+n)) + "." + ext })
	want := `<p>a<img alt="x" src="cid:id1.png"><img src="cid:id2.jpeg">` +
		`<img src="data:image/gif;base64,R0lG"><img src="data:image/png;base64,***"></p>`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(images) != 2 || images[0].Filename != "image1.png" || images[0].ContentType != "image/png" || string(images[0].Data) != "\x89PNG\r\n\x1a\n" ||
		images[1].ContentID != "id2.jpeg" || images[1].ContentType != "image/jpeg" {
		t.Errorf("images = %+v", images)
	}
}

func TestRewriteCIDs(t *testing.T) {
	t.Parallel()
	source := `<!-- cid:a --><p title="cid:a">x<img src="cid:a" style="width: 1px;"><IMG SRC=cid:b><img src="x"></p>`
	got := RewriteCIDs(source, func(cid string) (string, bool) { return "/api/v1/attachments/1?a=1&b", cid == "a" })
	want := `<!-- cid:a --><p title="cid:a">x<img src="/api/v1/attachments/1?a=1&amp;b" style="width: 1px;"><IMG SRC=cid:b><img src="x"></p>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for src, want := range map[string]string{
		"CID:a": "/1", "cid:a%20b@x": "/2", "cid:50%@x": "/3", "cid:c%2541@x": "/4", "cid:%zz": "", "cid:d": "", "cidr": "", "ci": "",
	} {
		source := `<img src="` + src + `">`
		got := RewriteCIDs(source, func(cid string) (string, bool) {
			place, ok := map[string]string{"a": "/1", "a b@x": "/2", "50%@x": "/3", "c%2541@x": "/4", "c%41@x": "/5"}[cid]
			return place, ok
		})
		if want == "" {
			want = src
		}
		if got != `<img src="`+want+`">` {
			t.Errorf("%s became %s, want %s", src, got, want)
		}
	}
}

func TestSanitizeKeepsToALength(t *testing.T) {
	t.Parallel()
	const room = maxDepth * len("</blockquote>") // is left for what has to be closed
	for _, tc := range []struct {
		source, want string
		length       int
	}{
		{"<p>abc<b>def</b></p>", "<p>abc<b>de</b></p>", 3 + 3 + 3 + 2},
		{"<p>abc<b>def</b></p>", "<p>abc</p>", 3 + 3},
		{"<p>äöü</p>", "<p>äö</p>", 3 + 2},
		{"<p>a&lt;b</p>", "<p>a</p>", 3 + 4},
		{`<p>a<img src="cid:x"></p>`, "<p>a</p>", 3 + 10},
		{"<p>a</p><p>b</p>", "<p>a</p><p>b</p>", 1000},
	} {
		if got, _ := Sanitize(tc.source, Options{MaxLength: room + tc.length}); got != tc.want {
			t.Errorf("%s in %d characters is %s, want %s", tc.source, tc.length, got, tc.want)
		}
	}
}

func TestLongURLsAreNoLinks(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"www.example.com/" + strings.Repeat("x", maxURL), "a" + strings.Repeat("www.", 10)} {
		if got, _ := Sanitize(source, Options{}); got != source {
			t.Errorf("%.60s becomes %.60s", source, got)
		}
	}
	many, _ := Sanitize(strings.Repeat("www.example.com ", maxLinks+10), Options{})
	if n := strings.Count(many, "<a "); n != maxLinks {
		t.Errorf("%d links, want %d", n, maxLinks)
	}
}
