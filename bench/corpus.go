package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// language is a text in a script, and the charset its mails come in.
type language struct{ charset, words string }

// languages are nine charsets that real mailboxes see.
var languages = []language{
	{"utf-8", "Guten Tag die Bestellung ist leider nicht vollständig angekommen können Sie bitte prüfen Grüße"},
	{"us-ascii", "Hello my order has not arrived yet could you please check what happened to it thank you"},
	{"iso-8859-1", "Bonjour la commande passée hier n'est pas arrivée à temps réponse souhaitée très bientôt"},
	{"iso-8859-15", "Hyvää päivää tilaus ei ole saapunut vielä voisitteko tarkistaa mitä on tapahtunut kiitos"},
	{"windows-1252", "Olá a encomenda não chegou ainda é possível verificar o que aconteceu obrigado até já"},
	{"windows-1251", "Здравствуйте мой заказ ещё не пришёл проверьте пожалуйста что с ним случилось спасибо"},
	{"koi8-r", "Добрый день счёт за прошлый месяц неверный прошу исправить его до конца недели"},
	{"iso-2022-jp", "注文した商品がまだ届いていません 状況を確認して いただけますか よろしく お願いします"},
	{"gb18030", "您好 我的订单 还没有 收到 请帮我 查询一下 现在的情况 谢谢"},
}

// Corpus generates mails. The same seed gives the same mails.
type Corpus struct {
	rnd    *rand.Rand
	number int
	tag    string
	recent []string // Message-IDs that a reply can refer to
}

// NewCorpus returns a generator; tag makes its Message-IDs its own.
func NewCorpus(tag string, seed uint64) *Corpus {
	return &Corpus{rnd: rand.New(rand.NewPCG(seed, 7)), tag: tag}
}

const (
	senders     = 300
	replyShare  = 0.3
	smallShare  = 0.7 // 4 to 10 KB, multipart/alternative
	middleShare = 0.2 // with an attachment of 50 KB; the rest has one of 500 KB
)

// Mixed returns the next mail of the mixed corpus.
func (c *Corpus) Mixed() []byte {
	switch share := c.rnd.Float64(); {
	case share < smallShare:
		return c.mail(0)
	case share < smallShare+middleShare:
		return c.mail(50 << 10)
	}
	return c.mail(500 << 10)
}

// Small returns the next mail of 4 to 10 KB.
func (c *Corpus) Small() []byte { return c.mail(0) }

// mail writes one mail with an attachment of so many bytes.
func (c *Corpus) mail(attachment int) []byte {
	c.number++
	lang := languages[c.rnd.IntN(len(languages))]
	sender := c.rnd.IntN(senders)
	id := fmt.Sprintf("<%s.%d@mail%d.example.net>", c.tag, c.number, sender%7)

	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <customer%d@example.net>\r\n", sender)
	fmt.Fprintf(&b, "Received: from mail%d.example.net by mx.example.com with ESMTPS; %s\r\n", sender%7, date(c.number))
	fmt.Fprintf(&b, "From: Customer Number%d <customer%d@example.net>\r\n", sender, sender)
	fmt.Fprintf(&b, "To: Support <support@example.com>\r\n")
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: %s\r\nMIME-Version: 1.0\r\n", date(c.number), id)
	subject := fmt.Sprintf("Question %s %d", c.tag, c.number)
	if len(c.recent) > 0 && c.rnd.Float64() < replyShare {
		parent := c.recent[c.rnd.IntN(len(c.recent))]
		name, reference, _ := strings.Cut(parent, "|")
		subject = "Re: " + name
		fmt.Fprintf(&b, "In-Reply-To: %s\r\nReferences: %s\r\n", reference, reference)
	} else {
		c.remember(subject + "|" + id)
	}
	fmt.Fprintf(&b, "Subject: %s\r\n", subject)
	c.body(&b, lang, attachment)
	return b.Bytes()
}

// remember keeps the last 200 mails that replies may refer to.
func (c *Corpus) remember(mail string) {
	c.recent = append(c.recent, mail)
	if len(c.recent) > 200 {
		c.recent = c.recent[1:]
	}
}

func (c *Corpus) body(b *bytes.Buffer, lang language, attachment int) {
	outer, inner := fmt.Sprintf("outer%d", c.number), fmt.Sprintf("inner%d", c.number)
	if attachment > 0 {
		fmt.Fprintf(b, "Content-Type: multipart/mixed; boundary=%q\r\n\r\n--%s\r\n", outer, outer)
	}
	fmt.Fprintf(b, "Content-Type: multipart/alternative; boundary=%q\r\n\r\n", inner)
	lines := c.lines(lang, 1200+c.rnd.IntN(1600))
	c.part(b, inner, "text/plain", lang, strings.Join(lines, "\n"))
	c.part(b, inner, "text/html", lang, "<html><body><p>"+strings.Join(lines, "</p>\n<p>")+"</p></body></html>")
	fmt.Fprintf(b, "--%s--\r\n", inner)
	if attachment > 0 {
		fmt.Fprintf(b, "--%s\r\nContent-Type: application/pdf; name=\"scan%d.pdf\"\r\n", outer, c.number)
		fmt.Fprintf(b, "Content-Disposition: attachment; filename=\"scan%d.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n", c.number)
		base64Lines(b, c.bytes(attachment))
		fmt.Fprintf(b, "--%s--\r\n", outer)
	}
}

// lines makes about so many bytes of text.
func (c *Corpus) lines(lang language, size int) []string {
	words := strings.Fields(lang.words)
	var lines []string
	for made := 0; made < size; {
		var line []string
		for range 8 {
			line = append(line, words[c.rnd.IntN(len(words))])
		}
		lines = append(lines, strings.Join(line, " "))
		made += len(lines[len(lines)-1])
	}
	return lines
}

func (c *Corpus) part(b *bytes.Buffer, boundary, mediaType string, lang language, text string) {
	encoded := []byte(text)
	if encoding, err := htmlindex.Get(lang.charset); err == nil && lang.charset != "us-ascii" {
		if out, err := encoding.NewEncoder().Bytes(encoded); err == nil {
			encoded = out
		}
	}
	fmt.Fprintf(b, "--%s\r\nContent-Type: %s; charset=%s\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", boundary, mediaType, lang.charset)
	w := quotedprintable.NewWriter(b)
	_, _ = w.Write(encoded) // a bytes.Buffer takes everything
	_ = w.Close()
	b.WriteString("\r\n")
}

func (c *Corpus) bytes(n int) []byte {
	data := make([]byte, n)
	for i := 0; i+8 <= n; i += 8 {
		v := c.rnd.Uint64()
		for j := range 8 {
			data[i+j] = byte(v >> (8 * j))
		}
	}
	return data
}

func base64Lines(b *bytes.Buffer, data []byte) {
	const line = 57 // bytes that make 76 characters
	for len(data) > 0 {
		n := min(line, len(data))
		b.WriteString(base64.StdEncoding.EncodeToString(data[:n]))
		b.WriteString("\r\n")
		data = data[n:]
	}
}

// date gives each mail a time of its own, a second apart.
func date(n int) string {
	return time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second).Format(time.RFC1123Z)
}
