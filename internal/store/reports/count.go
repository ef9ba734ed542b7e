package reports

import (
	"context"
	"slices"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// slotted is how many events of a way there are between two moments.
type slotted struct {
	Slot  int // the first is 1
	Count int
	way
}

// way is how people talk: by what kind of article, in or out. Events that don't ask for it have none.
type way struct {
	Type   desk.ArticleTypeID
	Sender desk.SenderID
}

// CountEvents returns, of each of some kinds of events, how many there are between each of some moments, which
// are in order, and the next one. Events that differ in their ways only are counted in one go: they are in the
// same rows of long tables.
func (s Keeper) CountEvents(ctx context.Context, all []Events, moments []time.Time) ([][]int, error) {
	counts := make([][]int, len(all))
	for i, e := range all {
		if counts[i] != nil {
			continue
		}
		found, err := s.countWays(ctx, e.with(all[i+1:]), moments)
		if err != nil {
			return nil, err
		}
		for j := i; j < len(all); j++ {
			if j == i || e.differsInWay(all[j]) {
				counts[j] = all[j].of(found, len(moments)-1)
			}
		}
	}
	return counts, nil
}

func (s Keeper) countWays(ctx context.Context, e Events, moments []time.Time) ([]slotted, error) {
	last := len(moments) - 1
	args := pg.Args{moments[:last]}
	tables, at := e.from()
	kind, sender := e.way()
	return pg.Many[slotted](ctx, s.DB, "count events", `
		SELECT width_bucket(`+at+`::timestamptz, $1::timestamptz[]) AS slot, `+kind+` AS type, `+sender+` AS sender, count(*) AS count
		FROM `+tables+`
		WHERE `+e.where(&args, moments[0], moments[last])+`
		GROUP BY 1, 2, 3`, args.Planned()...)
}

// of picks what was found of these events.
func (e Events) of(found []slotted, slots int) []int {
	counts := make([]int, slots)
	for _, f := range found {
		if e.Types == nil || slices.Contains(e.Types, f.Type) && slices.Contains(e.Senders, f.Sender) {
			counts[f.Slot-1] += f.Count
		}
	}
	return counts
}

// Listed are tickets to which something happened.
type Listed struct {
	IDs   []desk.TicketID // the newest first
	Total int             // however many of them are listed
}

// TicketsOfEvents returns the tickets to which events happened since the first of two moments and before the
// second, each once.
func (s Keeper) TicketsOfEvents(ctx context.Context, e Events, first, end time.Time, limit int) (Listed, error) {
	var args pg.Args
	tables, _ := e.from()
	found, err := pg.Many[struct {
		ID    desk.TicketID
		Total int
	}](ctx, s.DB, "tickets of events", `
		SELECT t.id, count(*) OVER () AS total
		FROM `+tables+`
		WHERE `+e.where(&args, first, end)+`
		GROUP BY t.id
		ORDER BY t.id DESC
		LIMIT `+args.Add(limit), args.Planned()...)
	if err != nil || len(found) == 0 {
		return Listed{}, err
	}
	listed := Listed{Total: found[0].Total, IDs: make([]desk.TicketID, len(found))}
	for i, f := range found {
		listed.IDs[i] = f.ID
	}
	return listed, nil
}
