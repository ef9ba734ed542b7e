package index

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"postroom/internal/desk"
	"postroom/internal/desk/telephone"
	"postroom/internal/document"
	"postroom/internal/elastic"
	"postroom/internal/store/indexing"
)

type emit func(id int64, text json.RawMessage) error

// read makes the documents of those records that are there.
func (o *outlet) read(ctx context.Context, object string, ids []int64, to emit) error {
	switch object {
	case elastic.Ticket:
		return o.readTickets(ctx, ids, to)
	case elastic.User:
		return o.readUsers(ctx, ids, to)
	case elastic.Organization:
		return o.readOrganizations(ctx, ids, to)
	case elastic.Group:
		return those(ids, o.terms.Groups, to)
	case elastic.State:
		return those(ids, o.terms.States, to)
	case elastic.Priority:
		return those(ids, o.terms.Priorities, to)
	case elastic.CTILog:
		calls, err := o.store.CallsToIndex(ctx, ids)
		return each(calls, err, func(c telephone.Call) error { return to(int64(c.ID), document.Call(c)) })
	case elastic.ChatSession:
		return o.readTalks(ctx, ids, to)
	case elastic.KB, elastic.KBCategory, elastic.KBAnswer:
		return o.readTranslations(ctx, object, ids, to)
	}
	return nil
}

func each[T any](all []T, err error, do func(T) error) error {
	for _, one := range all {
		if err == nil {
			err = do(one)
		}
	}
	return err
}

func those[K ~int64](ids []int64, all map[K]json.RawMessage, to emit) error {
	for _, id := range ids {
		if text, ok := all[K(id)]; ok {
			if err := to(id, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// textsAtOnce is how many bytes of articles are in memory together, if they are not all of one ticket.
const textsAtOnce = 1 << 20

func (o *outlet) readTickets(ctx context.Context, ids []int64, to emit) error {
	sizes, err := o.store.TicketSizes(ctx, ids)
	if err != nil {
		return err
	}
	there := slices.Sorted(maps.Keys(sizes))
	for len(there) > 0 {
		n, bytes := 0, 0
		for n < len(there) && (n == 0 || bytes+sizes[there[n]] <= textsAtOnce) {
			bytes += sizes[there[n]]
			n++
		}
		if err := o.readMatters(ctx, there[:n], to); err != nil {
			return err
		}
		there = there[n:]
	}
	return nil
}

func (o *outlet) readMatters(ctx context.Context, ids []int64, to emit) error {
	m, err := o.store.MattersToIndex(ctx, ids)
	if err != nil {
		return err
	}
	people := o.shown(m.People)
	organizations := o.shownOrganizations(m.Organizations)
	for _, t := range m.Tickets {
		matter := document.Matter{
			Ticket: t, Articles: m.Articles[t.ID], Tags: m.Tags[int64(t.ID)], Mentions: m.Mentions[int64(t.ID)], People: people,
		}
		if t.OrganizationID != nil {
			matter.Organization = organizations[*t.OrganizationID]
		}
		if matter.Files, err = o.files(ctx, matter.Articles, m.Files); err != nil {
			return err
		}
		if err := to(int64(t.ID), document.Ticket(matter, o.terms)); err != nil {
			return err
		}
	}
	return nil
}

// shown are people as documents of others hold them, each made once.
func (o *outlet) shown(people indexing.People) map[desk.UserID]json.RawMessage {
	shown := make(map[desk.UserID]json.RawMessage, len(people))
	for id, p := range people {
		shown[id] = document.InOthers(p, o.catalog)
	}
	return shown
}

func (o *outlet) shownOrganizations(all map[desk.OrganizationID]desk.Organization) map[desk.OrganizationID]json.RawMessage {
	shown := make(map[desk.OrganizationID]json.RawMessage, len(all))
	for id, v := range all {
		shown[id] = document.OrganizationInOthers(v, o.catalog)
	}
	return shown
}

func (o *outlet) readUsers(ctx context.Context, ids []int64, to emit) error {
	users := make([]desk.UserID, len(ids))
	for i, id := range ids {
		users[i] = desk.UserID(id)
	}
	people, err := o.store.PeopleToIndex(ctx, users)
	if err != nil {
		return err
	}
	all, err := o.store.OrganizationsOf(ctx, people)
	if err != nil {
		return err
	}
	organizations := o.shownOrganizations(all)
	for id, p := range people {
		var organization json.RawMessage
		if p.OrganizationID != nil {
			organization = organizations[*p.OrganizationID]
		}
		if err := to(int64(id), document.User(p, organization, o.catalog)); err != nil {
			return err
		}
	}
	return nil
}

// companiesAtOnce is how many organizations are in memory together, each with up to
// document.MaxMembers people.
const companiesAtOnce = 20

func (o *outlet) readOrganizations(ctx context.Context, ids []int64, to emit) error {
	for some := range slices.Chunk(ids, companiesAtOnce) {
		c, err := o.store.CompaniesToIndex(ctx, some)
		if err != nil {
			return err
		}
		people := o.shown(c.People)
		for id, v := range c.Organizations {
			if err := to(int64(id), document.Organization(v, c.Members[id], people, o.catalog)); err != nil {
				return err
			}
		}
	}
	return nil
}

// talksAtOnce is how many chats are in memory together, each with up to some hundred messages.
const talksAtOnce = 50

func (o *outlet) readTalks(ctx context.Context, ids []int64, to emit) error {
	for some := range slices.Chunk(ids, talksAtOnce) {
		t, err := o.store.TalksToIndex(ctx, some)
		if err != nil {
			return err
		}
		people := o.shown(t.People)
		for _, session := range t.Sessions {
			talk := document.Talk{
				ChatSession: session, Chat: t.Chats[session.ChatID], Messages: t.Messages[session.ID], Tags: t.Tags[int64(session.ID)],
			}
			if session.UserID != nil {
				talk.Agent = people[*session.UserID]
			}
			if err := to(int64(session.ID), document.ChatSession(talk)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *outlet) readTranslations(ctx context.Context, object string, ids []int64, to emit) error {
	for some := range slices.Chunk(ids, 50) { // an answer can be long
		all, err := o.store.TranslationsToIndex(ctx, object, some)
		err = each(all, err, func(t document.Translation) error {
			switch object {
			case elastic.KB:
				return to(int64(t.ID), document.KnowledgeBase(t))
			case elastic.KBCategory:
				return to(int64(t.ID), document.Category(t))
			}
			return to(int64(t.ID), document.Answer(t, time.Now()))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
