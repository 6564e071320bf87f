package cloudcall

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

// What speaks no proper HTTP does so the next time, too: such an answer is one of the class protocol, which is not asked
// for again. Its bytes are in no error, because they may be secrets. These are the bytes of real answers, since net/http
// has no types for what is wrong with them.
func TestMalformedAnswers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: R-1\r\n"
	tests := []struct {
		name, wire string
		want       string
	}{
		{"a header that is too large", head + "X-Large: " + strings.Repeat("secret", 20_000) + "\r\n\r\n{}", "the header of the answer is larger than 65536 bytes"},
		{"too many headers", head + strings.Repeat("X-Many: secret\r\n", 10_000) + "\r\n{}", "the header of the answer is larger than 65536 bytes"},
		{"no HTTP", "SSH-2.0-OpenSSH_9.6 secret\r\n", "malformed HTTP"},
		{"HTTP/2", "\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00d\x00\x04\x00\x10\x00\x00\x00\r\n\r\n", "malformed HTTP"},
		{"no version", "HTTP/secret 200 OK\r\n\r\n{}", "malformed HTTP"},
		{"a status of letters", "HTTP/1.1 secret OK\r\n\r\n{}", "malformed HTTP"},
		{"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n{}", "malformed HTTP"},
		{"a line that is no header", head + "secret\r\n\r\n{}", "malformed MIME header"},
		{"a continued first line", "HTTP/1.1 200 OK\r\n secret: 1\r\n\r\n{}", "malformed MIME header"},
		{"a length of letters", head + "Content-Length: secret\r\n\r\n{}", "Content-Length"},
		{"a negative length", head + "Content-Length: -2\r\n\r\n{}", "Content-Length"},
		{"an empty length", head + "Content-Length: \r\n\r\n{}", "Content-Length"},
		{"two lengths", head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "Content-Length"},
		{"an unknown encoding of the transfer", head + "Transfer-Encoding: secret\r\n\r\n{}", "transfer encoding"},
		{"two encodings of the transfer", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "transfer encoding"},
		{"chunks without a length", head + "Transfer-Encoding: chunked\r\n\r\nsecret\r\n{}\r\n0\r\n\r\n", "chunk"},
		{"a chunk of another length", head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{secret}\r\n0\r\n\r\n", "chunk"},
		{"a chunk that is too long", head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n", "chunk"},
		{"a trailer that is none", head + "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "trailer"},
		{"no gzip", head + "Content-Encoding: gzip\r\nContent-Length: 16\r\n\r\nsecret, no gzip!", "gzip"},
		{"gzip with a wrong checksum", "", "gzip"},
		{"gzip that is damaged", "", "gzip"},
		{"too many informational answers", strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: secret\r\n\r\n", 5000), "the header of the answer is larger than 65536 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wire := tt.wire
			if wire == "" {
				packed := gzipped(t, strings.NewReader(`{"a":"`+strings.Repeat("secret ", 100)+`"}`))
				at := len(packed) - 6 // in the checksum
				if strings.Contains(tt.name, "damaged") {
					at = 10 // the first byte of the data
				}
				packed[at] ^= 0xff
				wire = head + "Content-Encoding: gzip\r\n\r\n" + string(packed)
			}
			calls := 0
			url, transport := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				calls++
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					return
				}
				defer conn.Close()
				_, _ = io.WriteString(conn, wire)
			})
			c, _ := newCaller(Options{MaxAttempts: 3, FirstRetry: 1})
			_, err := Do(t.Context(), c, "Op", get(transport, url))
			if backup.ClassOf(err) != backup.ClassProtocol || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") || calls != 1 {
				t.Errorf("%d calls, class %q: %v; want one, and protocol: %s", calls, backup.ClassOf(err), err, tt.want)
			}
		})
	}
}
