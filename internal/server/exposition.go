package server

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// exposition is an answer in memory. It is compressed, so that clients that read slowly hold little.
type exposition struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (e *exposition) Header() http.Header { return e.header }

// WriteHeader implements http.ResponseWriter.
func (e *exposition) WriteHeader(status int) { e.status = status }

// Write implements http.ResponseWriter.
func (e *exposition) Write(p []byte) (int, error) { return e.body.Write(p) }

// exposition writes what a gatherer has to memory, in the format that the request asks for. Few do so at the same time:
// the gathered metrics are much larger than the result.
func (s *Server) exposition(r *http.Request, from prometheus.Gatherer) *exposition {
	s.rendering.take()
	defer s.rendering.free()
	compressed := r.Clone(r.Context())
	compressed.Header.Set("Accept-Encoding", "gzip")
	e := &exposition{header: http.Header{}, status: http.StatusOK}
	promhttp.HandlerFor(from, promhttp.HandlerOpts{
		ErrorLog:          errorLog{s},
		EnableOpenMetrics: true,
	}).ServeHTTP(e, compressed)
	return e
}

// send answers a request with an exposition.
func (s *Server) send(w http.ResponseWriter, r *http.Request, e *exposition) {
	maps.Copy(w.Header(), e.header)
	if e.header.Get("Content-Encoding") != "gzip" || acceptsGzip(r.Header) {
		w.WriteHeader(e.status)
		s.body(w, e.body.Bytes())
		return
	}
	w.Header().Del("Content-Encoding")
	w.WriteHeader(e.status)
	plain, err := gzip.NewReader(&e.body)
	if err == nil {
		_, err = io.Copy(w, plain) //nolint:gosec // the exporter compressed it itself
	}
	if err != nil {
		level.Debug(s.opts.Logger).Log("msg", "The client went away", "err", err)
	}
}

// acceptsGzip reports whether a client says that it reads gzip.
func acceptsGzip(header http.Header) bool {
	for _, values := range header.Values("Accept-Encoding") {
		for value := range strings.SplitSeq(values, ",") {
			name, quality, _ := strings.Cut(strings.ReplaceAll(value, " ", ""), ";q=")
			if weight, err := strconv.ParseFloat(quality, 64); strings.EqualFold(name, "gzip") {
				return err != nil || weight > 0
			}
		}
	}
	return false
}

// errorLog passes the errors of promhttp on to the log.
type errorLog struct{ *Server }

// Println logs one error.
func (l errorLog) Println(values ...any) {
	level.Error(l.opts.Logger).Log("msg", "Writing metrics failed", "err", fmt.Sprint(values...))
}
