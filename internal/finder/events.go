package finder

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"postroom/internal/desk"
	"postroom/internal/elastic"
	"postroom/internal/enginequery"
	"postroom/internal/rules"
	"postroom/internal/store/reports"
)

// CountEvents returns, of each of some kinds of events, how many there are between each of some moments, which
// are in order, and the next one. One search of the engine answers all that documents can answer.
func (f *Finder) CountEvents(ctx context.Context, all []reports.Events, moments []time.Time) ([][]int, error) {
	counts := f.countByEngine(ctx, all, moments)
	var left []reports.Events
	for i, e := range all {
		if counts[i] == nil {
			left = append(left, e)
		}
	}
	counted, err := f.store.CountEvents(ctx, left, moments)
	if err != nil {
		return nil, err
	}
	for i := range counts {
		if counts[i] == nil {
			counts[i], counted = counted[0], counted[1:]
		}
	}
	return counts, nil
}

// TicketsOfEvents returns the tickets to which events happened since the first of two moments and before the
// second, each once.
func (f *Finder) TicketsOfEvents(ctx context.Context, e reports.Events, first, end time.Time, limit int) (reports.Listed, error) {
	condition, ok := enginequery.Of(e.Condition)
	if _, held := timeOf(e); ok && held && limit <= deepest {
		body := map[string]any{
			"query": allOf(condition, happened(e, first, end)), "sort": []any{map[string]any{"id": "desc"}},
			"size": limit, "_source": false, "track_total_hits": true,
		}
		if found, ok := f.put(ctx, elastic.Ticket, body); ok {
			listed := reports.Listed{Total: int(found.Total)}
			for _, hit := range found.Hits {
				listed.IDs = append(listed.IDs, desk.TicketID(hit.ID))
			}
			return listed, nil
		}
	}
	return f.store.TicketsOfEvents(ctx, e, first, end, limit)
}

// timeOf is where documents hold the time of an event, if they hold it at all. They hold a ticket as it is:
// where it was moved, merged or opened again from is in the history alone. An article's time can't be told
// from that of another one of the same ticket, and how long a ticket was open is nowhere.
func timeOf(e reports.Events) (field string, held bool) {
	switch e.Kind {
	case reports.Created:
		return "created_at", true
	case reports.Closed:
		return "close_at", true
	}
	return "", false
}

// happened finds the tickets to which an event happened since one moment and before another, whatever the
// condition.
func happened(e reports.Events, first, end time.Time) map[string]any {
	field, _ := timeOf(e)
	filter := []any{
		map[string]any{"range": map[string]any{field: map[string]any{"gte": enginequery.Moment(first), "lt": enginequery.Moment(end)}}},
	}
	if e.Types != nil {
		filter = append(filter, oneOf("create_article_type_id", e.Types), oneOf("create_article_sender_id", e.Senders))
	}
	return map[string]any{"bool": map[string]any{"filter": filter, "must_not": []any{oneOf("state_id", e.Merged)}}}
}

func allOf(parts ...map[string]any) map[string]any {
	return map[string]any{"bool": map[string]any{"filter": parts}}
}

// countByEngine counts what documents can answer; what it leaves nil is PostgreSQL's to count.
func (f *Finder) countByEngine(ctx context.Context, all []reports.Events, moments []time.Time) [][]int {
	counts := make([][]int, len(all))
	var condition *rules.Bound
	lines, wanted := map[string]any{}, []any{}
	last := len(moments) - 1
	for i, e := range all {
		field, held := timeOf(e)
		if !held || len(lines) > 0 && e.Condition != condition {
			continue
		}
		condition = e.Condition
		of := happened(e, moments[0], moments[last])
		wanted = append(wanted, of)
		lines[strconv.Itoa(i)] = map[string]any{"filter": of, "aggs": map[string]any{"slots": map[string]any{
			"date_range": map[string]any{"field": field, "ranges": slots(moments)},
		}}}
	}
	query, ok := enginequery.Of(condition)
	if !ok || len(lines) == 0 {
		return counts
	}
	found, ok := f.put(ctx, elastic.Ticket, map[string]any{
		"size": 0, "track_total_hits": false, "aggs": lines,
		"query": allOf(query, map[string]any{"bool": map[string]any{"should": wanted, "minimum_should_match": 1}}),
	})
	if ok {
		readSlots(found.Aggregations, counts, last)
	}
	return counts
}

// slots are the stretches between moments, by number: days as they are in the zone that somebody asked for.
func slots(moments []time.Time) []any {
	ranges := make([]any, len(moments)-1)
	for i := range ranges {
		ranges[i] = map[string]any{
			"key": strconv.Itoa(i), "from": enginequery.Moment(moments[i]), "to": enginequery.Moment(moments[i+1]),
		}
	}
	return ranges
}

// readSlots puts the numbers of an answer in their places. What can't be read is left out.
func readSlots(answer json.RawMessage, counts [][]int, last int) {
	var lines map[string]struct {
		Slots struct {
			Buckets []struct {
				Key   string
				Count int `json:"doc_count"`
			}
		}
	}
	if json.Unmarshal(answer, &lines) != nil {
		return
	}
	for name, line := range lines {
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(counts) || len(line.Slots.Buckets) != last {
			continue
		}
		counted := make([]int, last)
		for _, bucket := range line.Slots.Buckets {
			if slot, err := strconv.Atoi(bucket.Key); err == nil && slot >= 0 && slot < last {
				counted[slot] = bucket.Count
			}
		}
		counts[i] = counted
	}
}
