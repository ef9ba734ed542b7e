package sla_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"postroom/internal/desk"
	"postroom/internal/sla"
)

// zones change their clocks at all hours, by half an hour, at midnight, or not at all.
var zones = []string{
	"Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns",
	"Pacific/Auckland", "Asia/Beirut", "Africa/Casablanca", "UTC", "Pacific/Apia", "America/Havana", "Asia/Gaza",
}

// randomCalendar has frames that begin and end at any time of the day, and some holidays.
func randomCalendar(r *rand.Rand, minute func() int) desk.Calendar {
	hours := map[string]any{}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		frames := []any{}
		for range 1 + r.IntN(2) {
			from, to := minute(), minute()
			if from > to {
				from, to = to, from
			}
			if from < to {
				frames = append(frames, []any{clockText(from), clockText(to)})
			}
		}
		hours[day] = map[string]any{"active": r.IntN(5) > 0 || day == "wed", "timeframes": append(frames, []any{"10:00", "10:30"})}
	}
	holidays := map[string]any{}
	for range 10 {
		date := time.Date(2011, 1, 1+r.IntN(366*14), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		holidays[date] = map[string]any{"active": true}
	}
	return desk.Calendar{Timezone: zones[r.IntN(len(zones))], BusinessHours: hours, PublicHolidays: holidays}
}

func clockText(minute int) string {
	at := time.Date(2000, 1, 1, 0, minute, 0, 0, time.UTC)
	if minute == 24*60 {
		return "24:00"
	}
	return at.Format("15:04")
}

func ready(t *testing.T, stored desk.Calendar) *sla.Calendar {
	t.Helper()
	c, err := sla.NewCalendar(stored)
	if err != nil {
		t.Fatalf("calendar %v: %v", stored, err)
	}
	return c
}

func randomMinute(r *rand.Rand) time.Time {
	return time.Date(2011, 1, 1, 0, r.IntN(14*366*24*60), 0, 0, time.UTC)
}

// Whatever clocks do, working time adds up, and a deadline is where its minutes have passed.
func TestWorkingTimeAddsUpInEveryZone(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		stored := randomCalendar(r, func() int { return r.IntN(24*60 + 1) })
		c := ready(t, stored)
		start := randomMinute(r)
		pause := []sla.Span{{From: start.Add(time.Duration(r.IntN(900)) * time.Minute)}}
		pause[0].To = pause[0].From.Add(time.Duration(r.IntN(3000)) * time.Minute)
		minutes := 1 + r.IntN(5000)
		end, ok := c.After(start, minutes, pause)
		if !ok {
			t.Fatalf("seed %d: no deadline %d minutes after %s", seed, minutes, start)
		}
		if got := c.Within(start, end, pause); got != minutes {
			t.Errorf("seed %d, %s: %d minutes until the deadline %s of %d minutes after %s", seed, stored.Timezone, got, end, minutes, start)
		}
		if later, _ := c.After(start, minutes+1, pause); !later.After(end) {
			t.Errorf("seed %d, %s: a minute more ends at %s, not after %s", seed, stored.Timezone, later, end)
		}
		between := start.Add(time.Duration(r.Int64N(int64(end.Sub(start)/time.Minute)+1)) * time.Minute)
		if got := c.Within(start, between, pause) + c.Within(between, end, pause); got != minutes {
			t.Errorf("seed %d, %s: %d minutes in two parts, want %d", seed, stored.Timezone, got, minutes)
		}
	}
}

// Hours that begin and end while clocks are left alone are counted as the clock on the wall shows
// them, through every change of clocks that happens meanwhile.
func TestWorkingTimeIsWhatTheWallShows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 2))
		stored := randomCalendar(r, func() int {
			if r.IntN(3) == 0 {
				return r.IntN(2) * 24 * 60
			}
			return 5*60 + r.IntN(17*60)
		})
		if stored.Timezone == "Pacific/Apia" { // a whole day was skipped there
			stored.Timezone = "Europe/Berlin"
		}
		c := ready(t, stored)
		start := randomMinute(r)
		end := start.Add(time.Duration(r.IntN(10*24*60)) * time.Minute)
		want := 0
		for at := start; at.Before(end); at = at.Add(time.Minute) {
			if c.Open(at) {
				want++
			}
		}
		if got := c.Within(start, end, nil); got != want {
			t.Errorf("seed %d, %s: %d minutes from %s to %s, want %d", seed, stored.Timezone, got, start, end, want)
		}
	}
}

func TestThereIsNoDeadlineWhereNothingIsPromised(t *testing.T) {
	t.Parallel()
	c := ready(t, desk.Calendar{Timezone: "UTC", BusinessHours: map[string]any{
		"mon": map[string]any{"active": true, "timeframes": []any{[]any{"09:00", "09:01"}}},
	}})
	for _, minutes := range []int{0, -5, 1 << 30} {
		if at, ok := c.After(time.Date(2024, 6, 12, 0, 0, 0, 0, time.UTC), minutes, nil); ok {
			t.Errorf("%d minutes end at %s", minutes, at)
		}
	}
	if n := c.Within(time.Unix(100, 0), time.Unix(50, 0), nil); n != 0 {
		t.Errorf("%d minutes backwards", n)
	}
}

// office is the working week of most people, with a lunch break and the holidays of a year.
func office(t testing.TB) *sla.Calendar {
	t.Helper()
	stored := desk.Calendar{Timezone: "Europe/Berlin", BusinessHours: map[string]any{}, PublicHolidays: map[string]any{}}
	for _, day := range []string{"mon", "tue", "wed", "thu", "fri"} {
		stored.BusinessHours[day] = map[string]any{"active": true, "timeframes": []any{[]any{"08:00", "12:00"}, []any{"13:00", "17:00"}}}
	}
	for month := range 12 {
		date := time.Date(2024, time.Month(month+1), 3, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		stored.PublicHolidays[date] = map[string]any{"active": true}
	}
	c, err := sla.NewCalendar(stored)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var start2024 = time.Date(2024, 1, 1, 9, 30, 0, 0, time.UTC)

func BenchmarkDeadlineOverAYear(b *testing.B) {
	c, minutes := office(b), 250*8*60
	pauses := []sla.Span{{From: start2024.AddDate(0, 2, 0), To: start2024.AddDate(0, 2, 9)}}
	for b.Loop() {
		if at, ok := c.After(start2024, minutes, pauses); !ok || at.Year() < 2024 {
			b.Fatal("no deadline")
		}
	}
}

func BenchmarkWorkingTimeOverAYear(b *testing.B) {
	c := office(b)
	for b.Loop() {
		if c.Within(start2024, start2024.AddDate(1, 0, 0), nil) < 100_000 {
			b.Fatal("hardly any working time")
		}
	}
}

func BenchmarkDeadlineOfADay(b *testing.B) {
	c := office(b)
	for b.Loop() {
		if _, ok := c.After(start2024, 8*60, nil); !ok {
			b.Fatal("no deadline")
		}
	}
}
