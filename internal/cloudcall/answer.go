package cloudcall

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

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
	if e.ContentType == "" {
		return fmt.Sprintf("%s: HTTP status %d", e.Problem, e.Status)
	}
	return fmt.Sprintf("%s: HTTP status %d, content type %q", e.Problem, e.Status, e.ContentType)
}

// answer is what the headers of an answer said: SDKs lose some of it on the way to their errors.
type answer struct {
	status     int
	requestID  string
	retryAfter time.Duration
}

func newAnswer(resp *http.Response) answer {
	return answer{
		status:     resp.StatusCode,
		requestID:  firstHeader(resp.Header, "X-Acs-Request-Id", "X-Request-Id"),
		retryAfter: retryAfter(resp.Header),
	}
}

// answerSlot holds the newest answer of one attempt.
type answerSlot struct{ newest atomic.Pointer[answer] }

type answerKey struct{}

// withAnswer returns a context in which the transport leaves what the answer's headers said.
func withAnswer(ctx context.Context) (context.Context, *answerSlot) {
	slot := &answerSlot{}
	return context.WithValue(ctx, answerKey{}, slot), slot
}

func (a answer) keepIn(ctx context.Context) {
	if slot, ok := ctx.Value(answerKey{}).(*answerSlot); ok {
		slot.newest.Store(&a)
	}
}

// complete returns the failure with what the SDK's error did not say.
func (s *answerSlot) complete(failure *backup.Error) *backup.Error {
	said := s.newest.Load()
	if said == nil {
		return failure
	}
	whole := *failure
	if whole.Status == 0 {
		whole.Status = said.status
	}
	if whole.RequestID == "" {
		whole.RequestID = said.requestID
	}
	if whole.RetryAfter == 0 {
		whole.RetryAfter = said.retryAfter
	}
	return &whole
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
	if ms, err := strconv.ParseInt(h.Get("X-Acs-Retry-After"), 10, 32); err == nil && ms > 0 {
		return min(time.Duration(ms)*time.Millisecond, longest)
	}
	if s, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32); err == nil && s > 0 {
		return min(time.Duration(s)*time.Second, longest)
	}
	return 0
}
