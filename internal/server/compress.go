package server

import (
	"bytes"
	"net/http"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// minCompressed is the size in bytes from which an answer is compressed: a shorter one fits into a packet or two anyway.
const minCompressed = 1400

// compressors are reused: each has tables of some hundred kilobytes. No more are in use than pages are answered.
//
//nolint:gochecknoglobals // a pool is of no use otherwise
var compressors = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for a level that does not exist only
	return w
}}

// compressed lets an answer be compressed with gzip where the client reads that.
func compressed(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		held := &held{ResponseWriter: w, gzip: acceptsGzip(r.Header), status: http.StatusOK}
		answer(held, r)
		held.send()
	}
}

// held is an answer whose header waits for the body: its size decides whether it is compressed.
type held struct {
	http.ResponseWriter
	gzip   bool // the client reads gzip
	status int
	sent   bool // the header
}

// WriteHeader implements http.ResponseWriter.
func (h *held) WriteHeader(status int) { h.status = status }

// Write sends the header and a part of the body; a long first part is the whole body, which is compressed before any of it
// is sent, so that a slow client holds no compressor.
func (h *held) Write(p []byte) (int, error) {
	if h.sent || !h.gzip || len(p) < minCompressed {
		h.send()
		return h.ResponseWriter.Write(p)
	}
	small := deflated(p)
	h.Header().Set("Content-Encoding", "gzip")
	h.send()
	if _, err := h.ResponseWriter.Write(small); err != nil {
		return 0, err
	}
	return len(p), nil
}

// send sends the header unless that was done.
func (h *held) send() {
	if !h.sent {
		h.sent = true
		h.ResponseWriter.WriteHeader(h.status)
	}
}

// deflated returns a text as a gzip file.
func deflated(text []byte) []byte {
	var small bytes.Buffer
	w := compressors.Get().(*gzip.Writer)
	defer compressors.Put(w)
	w.Reset(&small)
	_, _ = w.Write(text) // to memory
	_ = w.Close()
	return small.Bytes()
}
