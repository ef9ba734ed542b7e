package otrs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"postroom/internal/importer/otrs"
	"postroom/internal/importer/source"
)

// installation has five tickets, of which the third is larger than anybody reads.
func installation(t *testing.T, tellsTotals bool) *otrs.Installation {
	t.Helper()
	const tickets, large = 5, 2
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("Subaction") == "List" {
			if tellsTotals {
				_, _ = fmt.Fprintf(w, `{"Success": 1, "Result": {"Ticket": "%d"}}`, tickets)
				return
			}
			_, _ = w.Write([]byte(`{"Success": 0}`))
			return
		}
		offset, _ := strconv.Atoi(r.PostFormValue("Offset"))
		limit, _ := strconv.Atoi(r.PostFormValue("Limit"))
		rows := []json.RawMessage{}
		for n := offset; n < min(offset+limit, tickets); n++ {
			if n == large {
				w.Header().Set("Content-Length", strconv.Itoa(1<<30))
			}
			rows = append(rows, fmt.Appendf(nil, `{"TicketID": "%d"}`, n))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Success": 1, "Result": rows})
	}))
	t.Cleanup(server.Close)
	at, err := otrs.New(server.Client(), server.URL, "k3y")
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestATicketThatIsTooLargeHarmsOnlyItself(t *testing.T) {
	t.Parallel()
	at := installation(t, true)
	var read, broken []string
	for cursor, pages := "", 0; ; pages++ {
		page, err := at.Read(t.Context(), source.Tickets, cursor)
		if err != nil || pages > 20 {
			t.Fatalf("page %d from %q: %v", pages, cursor, err)
		}
		for _, ticket := range page.Tickets {
			read = append(read, ticket.ID)
		}
		for _, b := range page.Broken {
			broken = append(broken, b.ID+": "+b.Reason)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if got := strings.Join(read, " "); got != "0 1 3 4" {
		t.Errorf("read tickets %s, want 0 1 3 4", got)
	}
	if got := strings.Join(broken, ", "); got != "at offset 2: unreadable answer: it is larger than 128 MiB" {
		t.Errorf("broken: %s", got)
	}
}

func TestWithoutTotalsNobodyPassesOverForEver(t *testing.T) {
	t.Parallel()
	_, err := installation(t, false).Read(t.Context(), source.Tickets, "2|")
	if _, tooLarge := errors.AsType[*source.TooLarge](err); !tooLarge {
		t.Errorf("%v, want that the ticket is too large", err)
	}
}
