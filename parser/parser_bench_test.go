package parser

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// script is a charset with text that belongs to it.
type script struct {
	name string
	enc  encoding.Encoding // nil: UTF-8
	text string
}

var scripts = []script{
	{"utf-8", nil, "Grüße aus Köln: die Lieferung 4711 ist — leider — nicht vollständig angekommen."},
	{"us-ascii", nil, "The delivery has arrived, but two of the boxes were empty when we opened them."},
	{"iso-8859-1", charmap.ISO8859_1, "Bonjour, la commande est arrivée hier, mais il manque une pièce à l'intérieur."},
	{"windows-1252", charmap.Windows1252, "Das Gerät kostet 99 € – „günstig“, wie Sie sagten; es lässt sich nicht öffnen."},
	{"iso-8859-2", charmap.ISO8859_2, "Dzień dobry, zamówienie jeszcze nie przyszło, proszę o pilną odpowiedź."},
	{"koi8-r", charmap.KOI8R, "Здравствуйте, заказ не пришёл, пожалуйста, проверьте адрес доставки."},
	{"iso-2022-jp", japanese.ISO2022JP, "注文した商品がまだ届いていません。確認をお願いします。"},
	{"gb2312", simplifiedchinese.GBK, "您好，我订购的商品还没有收到，请帮我查询一下。"},
	{"euc-kr", korean.EUCKR, "안녕하세요, 주문한 상품이 아직 도착하지 않았습니다. 확인 부탁드립니다."},
}

func (s script) encode(text string) []byte {
	if s.enc == nil {
		return []byte(text)
	}
	out, err := s.enc.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return []byte(out)
}

// smallMail is a multipart/alternative of 4 to 10 KB.
func smallMail(r *rand.Rand) []byte {
	var b bytes.Buffer
	writeHead(&b, r, "multipart/alternative; boundary=\"=_alt\"")
	writeAlternative(&b, r)
	return b.Bytes()
}

// mailWithFile has an attachment of size bytes.
func mailWithFile(r *rand.Rand, size int) []byte {
	var b bytes.Buffer
	writeHead(&b, r, "multipart/mixed; boundary=\"=_mix\"")
	b.WriteString("--=_mix\r\nContent-Type: multipart/alternative; boundary=\"=_alt\"\r\n\r\n")
	writeAlternative(&b, r)
	b.WriteString("\r\n--=_mix\r\nContent-Type: application/pdf; name=\"=?utf-8?Q?Rechnung_M=C3=A4rz.pdf?=\"\r\n" +
		"Content-Disposition: attachment; filename=\"=?utf-8?Q?Rechnung_M=C3=A4rz.pdf?=\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	text := base64.StdEncoding.EncodeToString(data)
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n--=_mix--\r\n")
	return b.Bytes()
}

func writeHead(b *bytes.Buffer, r *rand.Rand, contentType string) {
	for i := range 3 {
		fmt.Fprintf(b, "Received: from mx%d.example.net (mx%d.example.net [192.0.2.%d])\r\n\tby in.example.com (Postfix) with ESMTPS id %X\r\n"+
			"\tfor <support@example.com>; Tue, 3 Mar 2026 10:0%d:00 +0100 (CET)\r\n", i, i, i+1, r.Uint64(), i)
	}
	fmt.Fprintf(b, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=mail;\r\n\tbh=%X; h=From:To:Subject:Date;\r\n\tb=%X%X\r\n",
		r.Uint64(), r.Uint64(), r.Uint64())
	fmt.Fprintf(b, "From: =?utf-8?B?%s?= <customer%d@example.net>\r\n", base64.StdEncoding.EncodeToString([]byte("Jörg Müller")), r.IntN(300))
	fmt.Fprintf(b, "To: \"Support, Example\" <support@example.com>\r\nSubject: =?utf-8?Q?Frage_zu_Lieferung_=23%d_f=C3=BCr_M=C3=A4rz?=\r\n", r.IntN(100000))
	fmt.Fprintf(b, "Message-ID: <%X@example.net>\r\nDate: Tue, 3 Mar 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n", r.Uint64())
	if r.IntN(10) < 3 {
		fmt.Fprintf(b, "In-Reply-To: <%X@example.com>\r\nReferences: <%X@example.com> <%X@example.com>\r\n", r.Uint64(), r.Uint64(), r.Uint64())
	}
	b.WriteString("X-Mailer: Example Mailer 3.1\r\nContent-Type: " + contentType + "\r\n\r\n")
}

func writeAlternative(b *bytes.Buffer, r *rand.Rand) {
	s := scripts[r.IntN(len(scripts))]
	lines := 14 + r.IntN(28)
	text := strings.Repeat(s.text+"\r\n", lines)
	page := "<html><head><style>p { margin: 0 }</style></head><body><div style=\"font-family: Arial\">" +
		strings.Repeat("<p class=\"x\">"+s.text+" <b>!</b></p>\r\n", lines) +
		"<p>-- <br><a href=\"https://www.example.net/\">Example</a></p></div></body></html>"
	b.WriteString("--=_alt\r\nContent-Type: text/plain; charset=" + s.name + "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
	b.Write(s.encode(text))
	b.WriteString("\r\n--=_alt\r\nContent-Type: text/html; charset=" + s.name + "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write(s.encode(page)) // a Buffer can't fail
	_ = w.Close()
	b.WriteString("\r\n--=_alt--\r\n")
}

// corpus has 100 mails; mixed: 70 small, 20 with 50 KB, 10 with 500 KB attached.
func corpus(mixed bool) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	mails := make([][]byte, 100)
	for i := range mails {
		switch {
		case mixed && i%10 == 9:
			mails[i] = mailWithFile(r, 500<<10)
		case mixed && i%10 >= 7:
			mails[i] = mailWithFile(r, 50<<10)
		default:
			mails[i] = smallMail(r)
		}
	}
	return mails
}

func benchmarkParse(b *testing.B, mails [][]byte) {
	total := 0
	for _, raw := range mails {
		total += len(raw)
	}
	b.SetBytes(int64(total / len(mails)))
	b.ReportAllocs()
	before, i := processorTime(b), 0
	for b.Loop() {
		if _, err := Parse(mails[i%len(mails)], Options{FQDN: "desk.example.com"}); err != nil {
			b.Fatal(err)
		}
		i++
	}
	used := processorTime(b) - before
	b.ReportMetric(float64(i)/used.Seconds(), "mails/cpu-s")
}

func BenchmarkParseSmall(b *testing.B) { benchmarkParse(b, corpus(false)) }
func BenchmarkParseMixed(b *testing.B) { benchmarkParse(b, corpus(true)) }

func BenchmarkMessageID(b *testing.B) {
	raw := corpus(true)[9]
	for b.Loop() {
		if MessageID(raw) == "" {
			b.Fatal("no id")
		}
	}
}

func TestCorpusIsReadRightly(t *testing.T) {
	t.Parallel()
	read := map[string]bool{}
	for _, raw := range corpus(true) {
		msg := mustParse(t, raw)
		found := false
		for _, s := range scripts {
			if strings.Contains(msg.Body, s.text) {
				read[s.name], found = true, true
			}
		}
		if !found || msg.Sender.Name != "Jörg Müller" || !strings.Contains(msg.Subject, "für März") {
			t.Errorf("sender %q, subject %q, body %.200q", msg.Sender.Name, msg.Subject, msg.Body)
		}
		if len(raw) > 20_000 && (len(msg.Attachments) != 2 || msg.Attachments[1].Filename != "Rechnung März.pdf") {
			t.Errorf("attachments = %v", msg.Attachments)
		}
	}
	if len(read) != len(scripts) {
		t.Errorf("%d of %d charsets read", len(read), len(scripts))
	}
}
