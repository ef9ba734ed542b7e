package system

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"postroom/api/rest"
	"postroom/internal/desk"
	"postroom/internal/store/installation"
)

// withMonitoringToken lets a monitoring program in that knows the token and is nobody here.
func (s *Room) withMonitoringToken(r *http.Request) bool {
	catalog, err := s.Catalog(r)
	if err != nil {
		return false
	}
	token := catalog.Settings.String("monitoring_token")
	sent := r.URL.Query().Get("token")
	return token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(sent)) == 1
}

// Limits of what counts as healthy.
const (
	fetchedWithin  = time.Hour
	lateAllowed    = 8 * time.Minute
	failingAllowed = 10
	waitingAllowed = 8000
)

// checkHealth answers 200 always: what is wrong stands in the answer.
func (s *Room) checkHealth(w http.ResponseWriter, r *http.Request) error {
	issues, actions, err := s.issues(r.Context(), time.Now())
	if err != nil {
		return err
	}
	message := "success"
	if len(issues) > 0 {
		message = strings.Join(issues, ";")
	}
	answer := rest.Record{{"healthy", len(issues) == 0}, {"message", message}, {"issues", issues}, {"actions", actions}}
	if who := rest.Caller(r); who != nil && who.Can("admin.monitoring") {
		catalog, err := s.Catalog(r)
		if err != nil {
			return err
		}
		answer.Add("token", catalog.Settings.String("monitoring_token"))
	}
	return rest.WriteJSON(w, http.StatusOK, answer)
}

func (s *Room) issues(ctx context.Context, now time.Time) (issues, actions []string, err error) {
	issues, actions = []string{}, []string{}
	channels, err := s.Store.ChannelsHealth(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, channel := range channels {
		issues = append(issues, channelIssues(channel, now)...)
	}
	failed, err := s.Store.FailedInbound(ctx)
	if err != nil {
		return nil, nil, err
	}
	if failed > 0 {
		issues = append(issues, fmt.Sprintf("emails that could not be processed: %d", failed))
	}
	late, err := s.Store.LateSchedulers(ctx, now.Add(-lateAllowed))
	if err != nil {
		return nil, nil, err
	}
	for _, v := range late {
		issues = append(issues, fmt.Sprintf("scheduler may not run (%s was due at %s) - please contact your system administrator", v.Name, v.Due.UTC().Format(time.RFC3339)))
	}
	work, err := s.Store.WorkHealth(ctx)
	if err != nil {
		return nil, nil, err
	}
	if work.Failing > failingAllowed {
		issues = append(issues, fmt.Sprintf("%d failing background jobs", work.Failing))
	}
	if work.Dead > 0 {
		issues = append(issues, fmt.Sprintf("%d background jobs out of retries", work.Dead))
		actions = append(actions, "restart_failed_jobs")
	}
	if work.Failing > failingAllowed || work.Dead > 0 { // what failed once or twice will most likely go well
		for i, kind := range work.FailingKinds {
			issues = append(issues, fmt.Sprintf("Failed to run background job #%d '%s' %d time(s) with %d attempt(s).", i+1, kind.Kind, kind.Count, kind.Attempts))
		}
	}
	if work.OldWaiting > waitingAllowed {
		issues = append(issues, fmt.Sprintf("%d background jobs in queue", work.OldWaiting))
	}
	imports, err := s.importIssues(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	issues = append(issues, imports...)
	stuck, err := s.Store.StuckPrivacyTasks(ctx, now.Add(-30*time.Minute))
	if err != nil {
		return nil, nil, err
	}
	for _, v := range stuck {
		issues = append(issues, fmt.Sprintf("Stuck data privacy task (ID %d) detected. Last update: %s", v.ID, v.UpdatedAt.Format(time.RFC3339)))
	}
	return issues, actions, nil
}

// channelIssues names what is wrong with a channel, without any of its secrets.
func channelIssues(c installation.ChannelHealth, now time.Time) []string {
	var issues []string
	for _, side := range []struct {
		direction, options string
		status, log        *string
	}{{"in", "inbound", c.StatusIn, c.LastLogIn}, {"out", "outbound", c.StatusOut, c.LastLogOut}} {
		if side.status == nil || *side.status != "error" {
			continue
		}
		issue := "Channel: " + c.Area + " " + side.direction + " " + describe(c.Options, side.options)
		if side.log != nil {
			issue += " " + rest.OneLine(rest.Cut(*side.log, rest.MaxNote))
		}
		issues = append(issues, issue)
	}
	if !desk.HasMailbox(c.Area) {
		return issues
	}
	last := c.CreatedAt
	if c.LastFetch != nil {
		last = *c.LastFetch
	}
	if idle := now.Sub(last); idle > fetchedWithin {
		issues = append(issues, "Channel: "+c.Area+" in "+describe(c.Options, "inbound")+" is active but not fetched for "+inWords(idle))
	}
	return issues
}

// inWords says how long an hour or more is, as people would.
func inWords(d time.Duration) string {
	const day, month, year = 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour
	for _, unit := range []struct {
		name, about string
		from, size  time.Duration
	}{
		{"year", "about ", year, year}, {"month", "", 2 * month, month}, {"month", "about ", month, month}, {"day", "", day, day}, {"hour", "about ", 0, time.Hour},
	} {
		if d < unit.from {
			continue
		}
		if n := int((d + unit.size/2) / unit.size); n > 1 {
			return fmt.Sprintf("%s%d %ss", unit.about, n, unit.name)
		}
		return unit.about + "1 " + unit.name
	}
	return ""
}

func describe(options map[string]any, side string) string {
	account, _ := options[side].(map[string]any)
	inner, _ := account["options"].(map[string]any)
	var facts strings.Builder
	for _, key := range []string{"host", "user", "shared_mailbox"} {
		if text, ok := inner[key].(string); ok && text != "" {
			facts.WriteString(key + ":" + text + ";")
		}
	}
	return facts.String()
}

func (s *Room) showStatus(w http.ResponseWriter, r *http.Request) error {
	counts, err := s.Store.Counts(r.Context())
	if err != nil {
		return err
	}
	presence, err := s.Store.Presence(r.Context())
	if err != nil {
		return err
	}
	number, newest := rest.Record{}, rest.Record{}
	for _, count := range counts {
		number.Add(count.Kind, count.N)
		newest.Add(count.Kind, count.Last)
	}
	kilobytes := presence.Stored / 1024
	return rest.WriteJSON(w, http.StatusOK, rest.Record{
		{"counts", number}, {"last_created_at", newest}, {"last_login", presence.LastLogin}, {"agents", presence.Agents},
		{"storage", rest.Record{{"kB", kilobytes}, {"MB", kilobytes / 1024}, {"GB", kilobytes / 1024 / 1024}}},
	})
}

var periods = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}

// checkAmount compares how many tickets were made lately with what is usual.
func (s *Room) checkAmount(w http.ResponseWriter, r *http.Request) error {
	p, err := rest.ReadParams(r)
	if err != nil {
		return err
	}
	text := p.Text("periode")
	span, err := period(text)
	if err != nil {
		return err
	}
	count, err := s.Store.TicketsSince(r.Context(), time.Now().Add(-span))
	if err != nil {
		return err
	}
	limited := false
	for _, limit := range []struct {
		key, state string
		max        bool
	}{{"max_critical", "critical", true}, {"min_critical", "critical", false}, {"max_warning", "warning", true}, {"min_warning", "warning", false}} {
		if !p.Has(limit.key) {
			continue
		}
		limited = true
		n, ok := rest.NumberOf(p[limit.key])
		if !ok || n == 0 {
			return rest.Invalid(limit.key, "%s needs to be an integer!", limit.key)
		}
		message := ""
		switch {
		case limit.max && int64(count) > n:
			message = fmt.Sprintf("The limit of %d was exceeded with %d in the last %s", n, count, text)
		case !limit.max && int64(count) <= n:
			message = fmt.Sprintf("The minimum of %d was undercut by %d in the last %s", n, count, text)
		}
		if message != "" {
			return rest.WriteJSON(w, http.StatusOK, rest.Record{{"state", limit.state}, {"message", message}, {"count", count}})
		}
	}
	if !limited {
		return rest.WriteJSON(w, http.StatusOK, rest.Record{{"count", count}})
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"state", "ok"}, {"count", count}})
}

// period reads a span such as 90m.
func period(text string) (time.Duration, error) {
	if text == "" {
		return 0, rest.Invalid("periode", "periode is missing!")
	}
	unit, ok := periods[text[len(text)-1]]
	if !ok {
		return 0, rest.Invalid("periode", "periode needs to have s, m, h or d as last!")
	}
	const most = 100 * 365 * 24 * time.Hour
	n, err := strconv.ParseInt(text[:len(text)-1], 10, 64)
	if err != nil || n <= 0 {
		return 0, rest.Invalid("periode", "periode needs to be an integer!")
	}
	return time.Duration(min(n, int64(most/unit))) * unit, nil
}

func (s *Room) renewMonitoringToken(w http.ResponseWriter, r *http.Request) error {
	const bytes = 40 // 54 characters
	token := rest.RandomText(bytes)
	if err := s.Store.PutSettingValue(r.Context(), "monitoring_token", token); err != nil {
		return err
	}
	s.Store.ForgetCatalog()
	return rest.WriteJSON(w, http.StatusCreated, rest.Record{{"token", token}})
}

func (s *Room) restartFailedJobs(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.Store.RetryWork(r.Context()); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{})
}
