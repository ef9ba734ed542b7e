package system

import (
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"postroom/api/rest"
)

// plugins are the parts of a report on the installation, for who decides whether to pass it on. None
// holds what somebody wrote, nor a secret.
var plugins = []rest.Record{
	{{"title", "Version"}, {"description", "The version of the program and of the API that it speaks."}},
	{{"title", "Hardware"}, {"description", "Processors, memory in use and the operating system."}},
	{{"title", "Entities"}, {"description", "How many records of each kind there are, and when the newest was made."}},
	{{"title", "Settings"}, {"description", "Names of the settings that were changed, without their values."}},
}

var (
	reportSample  = rest.Record{{"fetch", rest.Record{}}}
	pluginsSample = rest.Record{{"plugins", []any{rest.Record{{"title", ""}, {"description", ""}}}}}
)

func (s *Room) listPlugins(w http.ResponseWriter, r *http.Request) error {
	return rest.Reply(w, r, rest.Record{{"plugins", plugins}})
}

func (s *Room) showReport(w http.ResponseWriter, r *http.Request) error {
	report, err := s.report(r)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, rest.Record{{"fetch", report}})
}

// downloadReport is showReport as a file.
func (s *Room) downloadReport(w http.ResponseWriter, r *http.Request) error {
	report, err := s.report(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="system-report-`+time.Now().UTC().Format("20060102-150405")+`.json"`)
	return rest.WriteJSON(w, http.StatusOK, report)
}

func (s *Room) report(r *http.Request) (rest.Record, error) {
	counts, err := s.Store.Counts(r.Context())
	if err != nil {
		return nil, err
	}
	entities := rest.Record{}
	for _, count := range counts {
		entities.Add(count.Kind, rest.Record{{"count", count.N}, {"last_created_at", count.Last}})
	}
	settings, err := s.Store.ListSettings(r.Context())
	if err != nil {
		return nil, err
	}
	changed := []string{}
	for _, setting := range settings {
		if !setting.Preferences.Protected && string(setting.StateCurrent) != string(setting.StateInitial) {
			changed = append(changed, setting.Name)
		}
	}
	program := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		program = info.Main.Version
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return rest.Record{
		{"Version", rest.Record{{"api", s.version}, {"program", program}, {"go", runtime.Version()}}},
		{"Hardware", rest.Record{{"processors", runtime.NumCPU()}, {"memory_bytes", memory.Sys}, {"system", runtime.GOOS + "/" + runtime.GOARCH}}},
		{"Entities", entities},
		{"Settings", changed},
	}, nil
}
