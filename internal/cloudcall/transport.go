package cloudcall

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// MaxBody is the largest answer that is read: 8 MiB, after decompression. A page of 100 records takes 0.07 MB.
const MaxBody = 8 << 20

// NewTransport returns the HTTP transport for all calls of one account: it honours the proxy settings of the
// environment, keeps a connection per call in flight and drops idle ones, hands out whole JSON objects and turns
// everything else into an [*AnswerError]. Make one and keep it: each has its own pool of connections.
func NewTransport(concurrency int) *Transport {
	base := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert,errcheck // net/http documents the type
	base.MaxIdleConns = 0
	base.MaxIdleConnsPerHost = max(2, concurrency)
	base.IdleConnTimeout = 90 * time.Second
	return &Transport{base: base}
}

// Transport is an http.RoundTripper for the APIs of clouds. It is safe for concurrent use.
type Transport struct{ base *http.Transport }

// CloseIdleConnections closes the connections that no call uses.
func (t *Transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// RoundTrip sends the request, reads the whole answer within the request's context, and returns it with its body in
// memory. An answer that is not a JSON object is an [*AnswerError].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("Accept-Encoding") // so that the base asks for gzip itself and decompresses what it gets
	resp, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody+1))
	if err != nil {
		return nil, err
	}
	seen := newAnswer(resp)
	if kept, ok := r.Context().Value(answerKey{}).(*answer); ok {
		*kept = seen
	}
	if problem := notJSON(body); problem != "" {
		return nil, &AnswerError{
			Status: seen.status, RequestID: seen.requestID, RetryAfter: seen.retryAfter,
			ContentType: resp.Header.Get("Content-Type"), Problem: problem,
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, nil
}

func notJSON(body []byte) string {
	if len(body) > MaxBody {
		return fmt.Sprintf("the answer is larger than %d bytes", MaxBody)
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return "the answer is empty"
	case body[0] != '{':
		return "the answer is not a JSON object"
	}
	return ""
}

// WithContext returns next with every request bound to ctx, for SDKs whose calls take no context.
func WithContext(ctx context.Context, next http.RoundTripper) http.RoundTripper {
	return boundTransport{ctx, next}
}

type boundTransport struct {
	ctx  context.Context //nolint:containedctx // this type exists to carry it into an SDK that takes none
	next http.RoundTripper
}

func (b boundTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return b.next.RoundTrip(r.WithContext(b.ctx))
}

// AnswerError is an HTTP answer that is not a JSON object of acceptable size: a proxy's error page, an empty body.
// Its text never holds the body, which may be anything.
type AnswerError struct {
	Status      int
	ContentType string // as the answer's header says; may be ""
	RequestID   string
	RetryAfter  time.Duration // 0: not said
	Problem     string
}

// Error says what came back.
func (e *AnswerError) Error() string {
	return fmt.Sprintf("%s: HTTP status %d, content type %q", e.Problem, e.Status, e.ContentType)
}

func (e *AnswerError) class() backup.Class {
	switch {
	case e.Status == http.StatusTooManyRequests:
		return backup.ClassThrottled
	case e.Status == http.StatusUnauthorized:
		return backup.ClassAuth
	case e.Status == http.StatusForbidden:
		return backup.ClassPermission
	case e.Status >= http.StatusInternalServerError:
		return backup.ClassServer
	}
	return backup.ClassProtocol
}

// answer is what the headers of the newest answer said: SDKs lose some of it on the way to their errors.
type answer struct {
	status     int
	requestID  string
	retryAfter time.Duration
}

type answerKey struct{}

func newAnswer(resp *http.Response) answer {
	return answer{
		status:     resp.StatusCode,
		requestID:  firstHeader(resp.Header, "X-Acs-Request-Id", "X-Request-Id"),
		retryAfter: retryAfter(resp.Header),
	}
}

// complete adds to a failure what the SDK's error did not say.
func (a *answer) complete(failure *backup.Error) {
	if failure.Status == 0 {
		failure.Status = a.status
	}
	if failure.RequestID == "" {
		failure.RequestID = a.requestID
	}
	if failure.RetryAfter == 0 {
		failure.RetryAfter = a.retryAfter
	}
}

func firstHeader(h http.Header, names ...string) string {
	for _, name := range names {
		if v := strings.TrimSpace(h.Get(name)); v != "" {
			return v
		}
	}
	return ""
}

// retryAfter reads x-acs-retry-after (Alibaba Cloud, milliseconds) or Retry-After (seconds; its date form is not in
// use by either cloud). It is capped at a minute, so that a wrong value cannot silence an account.
func retryAfter(h http.Header) time.Duration {
	const longest = time.Minute
	if ms, err := strconv.Atoi(h.Get("X-Acs-Retry-After")); err == nil && ms > 0 {
		return min(time.Duration(ms)*time.Millisecond, longest)
	}
	if s, err := strconv.Atoi(h.Get("Retry-After")); err == nil && s > 0 {
		return min(time.Duration(s)*time.Second, longest)
	}
	return 0
}
