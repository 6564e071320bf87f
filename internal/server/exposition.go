package server

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

// Texts is a gatherer that has what it gathers ready as text, in pieces that nobody may change; compressed with gzip where that
// is asked for. ok is false where it has not: then Gather tells all.
type Texts interface {
	prometheus.Gatherer
	Text(format expfmt.Format, gzipped bool) (pieces [][]byte, ok bool)
}

// exposition is an answer in memory. It is compressed, so that clients that read slowly hold little; else it has one of few
// slots until it is sent.
type exposition struct {
	header http.Header
	status int
	pieces [][]byte
	slot   slots // to free when the answer is sent; nil: none was taken
}

// Header implements http.ResponseWriter.
func (e *exposition) Header() http.Header { return e.header }

// WriteHeader implements http.ResponseWriter.
func (e *exposition) WriteHeader(status int) { e.status = status }

// Write implements http.ResponseWriter.
func (e *exposition) Write(p []byte) (int, error) {
	e.pieces = append(e.pieces, bytes.Clone(p))
	return len(p), nil
}

// WriteTo implements io.WriterTo: no piece is copied on its way to the client.
func (e *exposition) WriteTo(w io.Writer) (sent int64, err error) {
	for len(e.pieces) > 0 {
		n, err := w.Write(e.pieces[0])
		sent += int64(n)
		if err != nil {
			return sent, err
		}
		e.pieces = e.pieces[1:]
	}
	return sent, nil
}

// Read reads the pieces, one after the other.
func (e *exposition) Read(p []byte) (n int, err error) {
	for len(e.pieces) > 0 && n < len(p) {
		some := copy(p[n:], e.pieces[0])
		if n += some; some == len(e.pieces[0]) {
			e.pieces = e.pieces[1:]
		} else {
			e.pieces[0] = e.pieces[0][some:]
		}
	}
	if n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// exposition writes what a gatherer has to memory, in the format that the request asks for. Few do so at the same time:
// the gathered metrics are much larger than the result.
func (s *Server) exposition(r *http.Request, from prometheus.Gatherer) *exposition {
	s.rendering.take()
	defer s.rendering.free()
	e := &exposition{header: http.Header{}, status: http.StatusOK}
	if texts, ok := from.(Texts); ok && s.prepared(e, r, texts) {
		return e
	}
	compressed := r.Clone(r.Context())
	compressed.Header.Set("Accept-Encoding", "gzip")
	promhttp.HandlerFor(from, promhttp.HandlerOpts{
		ErrorLog:          errorLog{s},
		EnableOpenMetrics: true,
	}).ServeHTTP(e, compressed)
	return e
}

// prepared fills in an answer from text that is ready, as promhttp would. It reports whether there is one.
func (s *Server) prepared(e *exposition, r *http.Request, texts Texts) bool {
	if r.URL.Query().Has("name[]") { // promhttp leaves out all other metrics then
		return false
	}
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	plain := !acceptsGzip(r.Header) && s.plain.try()
	pieces, ok := texts.Text(format, !plain)
	switch {
	case plain && ok:
		e.slot = s.plain
	case plain:
		s.plain.free()
	case ok:
		e.header.Set("Content-Encoding", "gzip")
	}
	if !ok {
		return false
	}
	e.header.Add("Vary", "Accept")
	e.header.Add("Vary", "Accept-Encoding")
	e.header.Set("Content-Type", string(format))
	e.pieces = slices.Clone(pieces)
	return true
}

// send answers a request with an exposition.
func (s *Server) send(w http.ResponseWriter, r *http.Request, e *exposition) {
	if e.slot != nil {
		defer e.slot.free()
	}
	maps.Copy(w.Header(), e.header)
	var body io.Reader = e
	if e.header.Get("Content-Encoding") == "gzip" && !acceptsGzip(r.Header) {
		w.Header().Del("Content-Encoding")
		plain, err := gzip.NewReader(e)
		if err == nil {
			body = plain
		}
	}
	w.WriteHeader(e.status)
	if _, err := io.Copy(w, body); err != nil {
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
