package api

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// worthCompressing is from how many bytes on an answer is compressed: a smaller one fits into a packet
// or two as it is.
const worthCompressing = 2048

// compressed sends large answers in JSON compressed to clients that take it.
func compressed(next http.Handler) http.Handler {
	idle := &sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // a level that there is
		return w
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || !takesGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, idle: idle}
		next.ServeHTTP(c, r)
		c.end()
	})
}

// takesGzip reads Accept-Encoding, such as "br, gzip;q=0.8".
func takesGzip(accepted string) bool {
	for part := range strings.SplitSeq(accepted, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q, weighed := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !weighed || err == nil && value > 0
	}
	return false
}

// compressor compresses an answer that is worth it. That shows when its header is complete.
type compressor struct {
	http.ResponseWriter
	idle  *sync.Pool
	zip   *gzip.Writer // nil: the answer goes out as it is
	begun bool
}

// Unwrap lets http.ResponseController reach the connection. What is sent in parts has no length yet,
// and is never compressed.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *compressor) WriteHeader(status int) {
	if h := c.Header(); !c.begun && worthIt(h) {
		h.Del("Content-Length")
		h.Set("Content-Encoding", "gzip")
		h.Add("Vary", "Accept-Encoding")
		c.zip = c.idle.Get().(*gzip.Writer)
		c.zip.Reset(c.ResponseWriter)
	}
	c.begun = true
	c.ResponseWriter.WriteHeader(status)
}

func (c *compressor) Write(data []byte) (int, error) {
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
	if c.zip != nil {
		return c.zip.Write(data)
	}
	return c.ResponseWriter.Write(data)
}

// end completes the answer. After a panic it must not be called: what was cut off would look whole.
func (c *compressor) end() {
	if c.zip == nil {
		return
	}
	_ = c.zip.Close() // fails when the client is gone, and then nobody can be told
	c.idle.Put(c.zip)
}

// worthIt leaves secrets alone, too: how well they compress beside what a stranger had written there
// would give them away.
func worthIt(h http.Header) bool {
	size, err := strconv.Atoi(h.Get("Content-Length"))
	return err == nil && size >= worthCompressing && strings.HasPrefix(h.Get("Content-Type"), "application/json") &&
		h.Get("Content-Encoding") == "" && !strings.Contains(h.Get("Cache-Control"), "no-store")
}
