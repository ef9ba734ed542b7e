package rules

// wordedTexts are the texts of tickets and articles by whose words tickets are found.
var wordedTexts = map[string]bool{
	"ticket.title": true, "ticket.number": true,
	"article.body": true, "article.subject": true, "article.from": true, "article.to": true,
}

// Texts lists what the title, the number or an article of a ticket must have in it for the condition to
// hold: of each the texts of which one must be there. An index of words can be asked for that first.
func (b *Bound) Texts() [][]string { return textsIn(b.root) }

func textsIn(p plan) [][]string {
	switch p := p.(type) {
	case allOf:
		var all [][]string
		for _, part := range p {
			all = append(all, textsIn(part)...)
		}
		return all
	case some:
		return textsIn(p.inner)
	case cell:
		if have, isText := p.predicate.(having); isText && !have.negated && !p.negated && wordedTexts[p.attribute.String()] {
			return [][]string{have.texts}
		}
	}
	return nil
}
