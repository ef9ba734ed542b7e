package reports

import (
	"context"
	"net/http"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/rules"
	"postroom/internal/store/library"
	"postroom/internal/store/reports"
)

// question is what somebody asks for.
type question struct {
	metric  metric
	profile desk.ReportProfile
	moments []time.Time // where slots begin, and the last one ends
	asked   *rest.Input

	condition *rules.Bound
	moves     *rules.Bound // the condition without what it says of groups, for tickets that left them
	groups    []desk.GroupID
	without   bool // all groups but these
}

func (s *Room) question(r *http.Request) (*question, error) {
	in, err := s.Input(r)
	if err != nil {
		return nil, err
	}
	q := &question{asked: in}
	if q.metric, err = metricIn(in.Params); err != nil {
		return nil, err
	}
	now := time.Now()
	if q.moments, err = momentsIn(in.Params, in.Catalog, now); err != nil {
		return nil, err
	}
	if q.profile, err = s.profileIn(r.Context(), in.Params); err != nil {
		return nil, err
	}
	return q, q.bind(now)
}

// profileIn finds which tickets are asked about. Of several profiles that are ticked the newest counts: clients
// let people choose one.
func (s *Room) profileIn(ctx context.Context, p rest.Params) (none desk.ReportProfile, err error) {
	id, err := rest.IDIn[desk.ReportProfileID](p, "profile_id")
	if err != nil {
		return none, err
	}
	ticked, sent := p.Object("profiles")
	if id == 0 && !sent {
		return none, rest.Invalid("profiles", "No such profiles param")
	}
	if id == 0 {
		for key := range ticked {
			n, ok := rest.NumberOf(key)
			if ok && rest.Params(ticked).Flag(key) {
				id = max(id, desk.ReportProfileID(n))
			}
		}
	}
	if id == 0 {
		return none, rest.Invalid("profiles", "No active profile found!")
	}
	return library.ReportProfiles.Get(ctx, s.Store.DB, id)
}

// bind reads the condition of the profile. Reports are about the work of all: what a condition says of
// articles holds for internal ones too, whoever looks at the report.
func (q *question) bind(now time.Time) (err error) {
	about, context := rules.TicketAttributes(q.asked.Catalog), rest.RulesContext(q.asked.Who, q.asked.Catalog)
	context.Now, context.Articles = now, rules.ArticleScope{}
	if q.condition, err = rest.BindCondition(q.profile.Condition, about, context); err != nil {
		return err
	}
	others, groups, without := apart(q.profile.Condition)
	q.groups, q.without = groups, without
	q.moves, err = rest.BindCondition(others, about, context)
	return err
}

// events are what a line counts. It reports false for one that has nothing to count.
func (q *question) events(l line) (reports.Events, bool) {
	c := q.asked.Catalog
	e := reports.Events{Kind: l.kind, Condition: q.condition}
	for id := range c.States {
		switch c.StateType(id) {
		case desk.StateTypeMerged:
			e.Merged, e.Ended = append(e.Merged, id), append(e.Ended, id)
		case desk.StateTypeClosed, "removed": // which installations that began long ago have
			e.Ended = append(e.Ended, id)
		}
	}
	if l.types != nil {
		e.Types, e.Senders = []desk.ArticleTypeID{}, []desk.SenderID{l.sender}
		for id, kind := range c.ArticleTypes {
			for _, name := range l.types {
				if strings.EqualFold(kind.Name, name) {
					e.Types = append(e.Types, id)
				}
			}
		}
		return e, len(e.Types) > 0
	}
	if l.kind == reports.MovedIn || l.kind == reports.MovedOut {
		e.Condition, e.Groups, e.Without = q.moves, q.groups, q.without
		return e, e.Groups != nil // in and out of what, else
	}
	return e, true
}
