package reports

import (
	"context"
	"time"

	"postroom/internal/desk"
	"postroom/internal/store/pg"
)

// slotted is how many events there are between two moments.
type slotted struct {
	Slot  int // the first is 1
	Count int
}

// CountEvents returns how many events there are between each of some moments, which are in order, and the
// next one.
func (s Keeper) CountEvents(ctx context.Context, e Events, moments []time.Time) ([]int, error) {
	last := len(moments) - 1
	args := pg.Args{moments[:last]}
	tables, at := e.from()
	found, err := pg.Many[slotted](ctx, s.DB, "count events", `
		SELECT width_bucket(`+at+`::timestamptz, $1::timestamptz[]) AS slot, count(*) AS count
		FROM `+tables+`
		WHERE `+e.where(&args, moments[0], moments[last])+`
		GROUP BY slot`, args.Planned()...)
	if err != nil {
		return nil, err
	}
	counts := make([]int, last)
	for _, f := range found {
		counts[f.Slot-1] = f.Count
	}
	return counts, nil
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
