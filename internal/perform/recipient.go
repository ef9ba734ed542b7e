package perform

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"postroom/internal/desk"
	"postroom/internal/richtext"
	"postroom/internal/store/automation"
	"postroom/parser"
)

// Words by which actions name recipients, beside userid_7.
const (
	LastSender = "article_last_sender"
	Customer   = "ticket_customer"
	owner      = "ticket_owner"
	agents     = "ticket_agents"
	byID       = "userid_"
)

// maxAgents bounds how many agents of a group a rule writes to.
const maxAgents = 1000

var lastOne = automation.ArticleChoice{}

func plainText(html string) string { return richtext.PlainText(html) }

// recipients are the addresses that a mail may go to, each once, in the order in which they are named.
func (r *run) recipients(ctx context.Context, words []string) ([]string, error) {
	users, err := r.users(ctx, words, nil)
	if err != nil {
		return nil, err
	}
	var all []string
	add := func(written string) {
		if address := firstAddress(written); address != "" && !slices.Contains(all, address) {
			all = append(all, address)
		}
	}
	byWord := map[string][]string{}
	for _, user := range users {
		byWord[user.word] = append(byWord[user.word], user.Email)
	}
	for _, word := range words {
		if word == LastSender {
			add(r.lastSender())
		}
		for _, email := range byWord[word] {
			add(email)
		}
	}
	return r.allowed(ctx, all)
}

// lastSender is who wrote the article that set the rule off, as written there.
func (r *run) lastSender() string {
	if r.Article == nil {
		return ""
	}
	for _, header := range []*string{r.Article.ReplyTo, r.Article.From} {
		if firstAddress(textOr(header)) != "" {
			return *header
		}
	}
	user, _ := r.senderOfArticle()
	return user.Email
}

// senderOfArticle is the user in whose name the article was written.
func (r *run) senderOfArticle() (desk.User, bool) {
	if r.Article == nil {
		return desk.User{}, false
	}
	if origin := r.Article.OriginByID; origin != nil {
		return r.records.User(*origin)
	}
	return r.records.User(r.Article.CreatedByID)
}

// firstAddress is the first mail address of a list, in lower case; empty: there is none.
func firstAddress(list string) string {
	addresses, err := parser.Addresses(list)
	if err != nil {
		return ""
	}
	for _, a := range addresses {
		if email := strings.ToLower(strings.TrimSpace(a.Email)); desk.ValidAddress(email) {
			return email
		}
	}
	return ""
}

// named is a user with the word that named them.
type named struct {
	desk.User
	word string
}

// users are those that words name; sender says who is meant by the last sender, nil: nobody.
func (r *run) users(ctx context.Context, words []string, sender func() (desk.User, bool)) ([]named, error) {
	var all []named
	add := func(word string, user desk.User, known bool) {
		if known && !slices.ContainsFunc(all, func(n named) bool { return n.ID == user.ID }) {
			all = append(all, named{user, word})
		}
	}
	for _, word := range words {
		switch {
		case word == LastSender:
			if sender != nil {
				user, known := sender()
				add(word, user, known)
			}
		case word == Customer:
			user, known := r.records.User(r.after.CustomerID)
			add(word, user, known)
		case word == owner:
			user, known := r.records.User(r.after.OwnerID)
			add(word, user, known && user.ID != desk.SystemUser)
		case word == agents:
			members, err := r.agents(ctx)
			if err != nil {
				return nil, err
			}
			for _, user := range members {
				add(word, user, true)
			}
		case strings.HasPrefix(word, byID):
			id, err := strconv.ParseInt(strings.TrimPrefix(word, byID), 10, 64)
			user, known := r.records.User(desk.UserID(id))
			if add(word, user, known && err == nil); !known {
				r.log.WarnContext(ctx, "rule names a recipient that there is not", "rule", r.Rule.Name, "recipient", word)
			}
		}
	}
	return all, r.records.err
}

// agents are those who may do everything in the ticket's group, by login.
func (r *run) agents(ctx context.Context) ([]desk.User, error) {
	ids, err := r.tx.OwnersIn(ctx, r.after.GroupID, maxAgents)
	if err != nil {
		return nil, err
	}
	users, err := r.tx.Users(ctx, ids)
	return slices.SortedFunc(maps.Values(users), func(a, b desk.User) int { return cmp.Compare(a.Login, b.Login) }), err
}

// allowed leaves out addresses that no machine may write to.
func (r *run) allowed(ctx context.Context, addresses []string) ([]string, error) {
	var kept []string
	for _, address := range addresses {
		reason := r.refusal(address)
		if reason == nil {
			kept = append(kept, address)
			continue
		}
		r.log.InfoContext(ctx, "no mail of a rule to an address", "ticket_id", r.Ticket.ID, "rule", r.Rule.Name, "reason", reason)
	}
	if len(kept) == 0 {
		return nil, nil
	}
	known, err := r.tx.UsersByAddress(ctx, kept)
	if err != nil {
		return nil, err
	}
	kept = slices.DeleteFunc(kept, func(address string) bool {
		user, isKnown := known[address]
		return isKnown && user.Undeliverable(r.Now)
	})
	return r.withinLimits(ctx, kept)
}

// refusal says why no machine may write to an address, as far as that is known without a look into
// the database.
func (r *run) refusal(address string) error {
	if _, ours := r.Catalog.AddressOf(address); ours {
		return errors.New("it is one of ours")
	}
	if r.Catalog.NoAutoResponse(address) {
		return errors.New("send_no_auto_response_reg_exp names it")
	}
	if r.Article != nil && r.Article.Preferences["is-auto-response"] == true &&
		strings.Contains(strings.ToLower(textOr(r.Article.From)), address) {
		return errors.New("a machine wrote from it")
	}
	return nil
}

// withinLimits leaves out addresses that got as many mails as they may. In the order of the addresses,
// so that two rules that write to the same ones don't wait for each other.
func (r *run) withinLimits(ctx context.Context, addresses []string) ([]string, error) {
	limits := automation.RuleMailLimits{
		PerTicket: limitsOf(r.Catalog, "ticket_trigger_loop_protection_articles_per_ticket"),
		Total:     limitsOf(r.Catalog, "ticket_trigger_loop_protection_articles_total"),
	}
	full := map[string]bool{}
	for _, address := range slices.Sorted(slices.Values(addresses)) {
		may, err := r.tx.NoteRuleMail(ctx, address, r.Ticket.ID, limits)
		if err != nil {
			return nil, err
		}
		if full[address] = !may; !may {
			r.log.WarnContext(ctx, "address got as many mails of rules as it may, no more for now",
				"ticket_id", r.Ticket.ID, "rule", r.Rule.Name)
		}
	}
	return slices.DeleteFunc(addresses, func(address string) bool { return full[address] }), nil
}

// limitsOf reads a setting of minutes and mails.
func limitsOf(c *desk.Catalog, setting string) map[int]int {
	var sent map[string]any
	c.Settings.Into(setting, &sent)
	limits := map[int]int{}
	for minutes, mails := range sent {
		m, err := strconv.Atoi(minutes)
		n, wrong := strconv.Atoi(textOf(mails))
		if err == nil && wrong == nil && m > 0 {
			limits[m] = n
		}
	}
	return limits
}
