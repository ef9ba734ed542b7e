package agents

import (
	"context"
	"slices"

	"postroom/internal/desk"
	"postroom/internal/notify"
)

// maxStandIns is how many people somebody's work may be passed on by, when each is out of office.
const maxStandIns = 10

// candidates are those who may be told, each once: members of the group, subscribers, the owner, and
// who stands in for those of them who are out of office (reference: notifications.md 2).
func (t *telling) candidates(ctx context.Context, news *notify.News) ([]notify.Agent, error) {
	told, err := t.tx.WhoIsTold(ctx, t.ticket)
	if err != nil {
		return nil, err
	}
	today := t.now.In(t.catalog.Settings.Zone())
	t.known = map[desk.UserID]desk.User{}
	var away []desk.User
	var agents []notify.Agent
	for _, person := range told {
		agent := notify.Agent{User: person.User, Subscribed: person.Subscribed, Reason: notify.AsMember}
		if person.Subscribed {
			agent.Reason = notify.AsSubscriber
		}
		if person.ID == t.ticket.OwnerID {
			agent.Reason = notify.AsOwner
			news.Owners = append(news.Owners, person.ID)
		}
		agents = append(agents, agent)
		t.known[person.ID] = person.User
		if person.Away(today) {
			away = append(away, person.User)
		}
	}
	if len(away) == 0 {
		return agents, nil
	}
	if err := t.learn(ctx, away); err != nil {
		return nil, err
	}
	var last []desk.UserID
	for _, person := range away {
		chain := t.standIns(person)
		if person.ID == t.ticket.OwnerID {
			news.Owners = append(news.Owners, chain...)
		}
		if len(chain) > 0 {
			last = append(last, chain[len(chain)-1])
		}
	}
	return t.withStandIns(ctx, agents, last)
}

// learn reads those who stand in for people, and for these in turn: one query a step of the chain.
func (t *telling) learn(ctx context.Context, away []desk.User) error {
	today := t.now.In(t.catalog.Settings.Zone())
	for range maxStandIns {
		var missing []desk.UserID
		for _, person := range away {
			if next := *person.OutOfOfficeReplacementID; t.known[next].ID == 0 && !slices.Contains(missing, next) {
				missing = append(missing, next)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		found, err := t.tx.Users(ctx, missing)
		if err != nil {
			return err
		}
		away = nil
		for id, person := range found {
			t.known[id] = person
			if person.Away(today) {
				away = append(away, person)
			}
		}
	}
	return nil
}

// standIns are those who stand in for somebody, one after the other. Only the last is there; a
// circle ends at the first who comes again.
func (t *telling) standIns(person desk.User) []desk.UserID {
	today := t.now.In(t.catalog.Settings.Zone())
	seen := map[desk.UserID]bool{person.ID: true}
	var chain []desk.UserID
	for person.Away(today) && len(chain) < maxStandIns {
		next, there := t.known[*person.OutOfOfficeReplacementID]
		if !there || seen[next.ID] {
			break
		}
		seen[next.ID] = true
		chain = append(chain, next.ID)
		person = next
	}
	return chain
}

// withStandIns adds those who stand in for others, if they read the ticket as agents.
func (t *telling) withStandIns(ctx context.Context, agents []notify.Agent, standIns []desk.UserID) ([]notify.Agent, error) {
	if len(standIns) == 0 {
		return agents, nil
	}
	readers, err := t.tx.AgentsWith(ctx, standIns, t.ticket.GroupID, desk.AccessRead)
	if err != nil {
		return nil, err
	}
	for _, id := range standIns {
		if !readers[id] {
			continue
		}
		if i := slices.IndexFunc(agents, func(a notify.Agent) bool { return a.ID == id }); i >= 0 {
			agents[i].Reason = notify.AsStandIn
			continue
		}
		agents = append(agents, notify.Agent{User: t.known[id], Reason: notify.AsStandIn})
	}
	return agents, nil
}
