package api

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestSoManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		release := make(chan struct{})
		h := atOnce(3, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			<-release
			now.Add(-1)
		}))
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)) })
		}
		synctest.Wait()
		if got := now.Load(); got != 3 {
			t.Errorf("%d requests are answered at once, want 3", got)
		}
		close(release)
		all.Wait()
		if most.Load() > 3 || now.Load() != 0 {
			t.Errorf("at most %d at once, %d left, want 3 and none", most.Load(), now.Load())
		}
	})
}
