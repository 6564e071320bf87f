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

// AnswerError is an answer that is no HTTP, or not a JSON object of acceptable size, such as an error page of a proxy or
// an empty body. Its text never holds the body, which may contain anything.
type AnswerError struct {
	Status      int           // 0: its header could not be read
	ContentType string        // from the answer's header; "": none
	RequestID   string        // from the answer's header; "": none
	RetryAfter  time.Duration // how long the cloud asks to wait; 0: not set
	Problem     string        // what is wrong with the answer
}

// Error returns the problem, and the status and the content type where they are known.
func (e *AnswerError) Error() string {
	if e.Status == 0 {
		return e.Problem
	}
	if e.ContentType == "" {
		return fmt.Sprintf("%s: HTTP status %d", e.Problem, e.Status)
	}
	return fmt.Sprintf("%s: HTTP status %d, content type %q", e.Problem, e.Status, e.ContentType)
}

// answerHead is the part of an answer that SDKs do not always keep in their errors.
type answerHead struct {
	status     int
	requestID  string
	retryAfter time.Duration
}

func newAnswerHead(resp *http.Response) answerHead {
	return answerHead{
		status:     resp.StatusCode,
		requestID:  firstHeader(resp.Header, "X-Acs-Request-Id", "X-Request-Id"),
		retryAfter: retryAfter(resp.Header),
	}
}

// headSlot holds the newest answer's head of one attempt.
type headSlot struct {
	newest atomic.Pointer[answerHead]
	now    func() time.Time
	clock  *cloudClock
}

type headSlotKey struct{}

// withHeadSlot returns a context in which the transport stores the head of each answer.
func (c *Caller) withHeadSlot(ctx context.Context) (context.Context, *headSlot) {
	slot := &headSlot{now: c.opts.Now, clock: &c.clock}
	return context.WithValue(ctx, headSlotKey{}, slot), slot
}

func (h answerHead) storeIn(ctx context.Context) {
	if slot, ok := ctx.Value(headSlotKey{}).(*headSlot); ok {
		slot.newest.Store(&h)
	}
}

// arrived notes that the header of an answer has arrived. The caller calls proven when the answer is the cloud's, so that
// its Date counts.
func arrived(ctx context.Context, header http.Header) (proven func()) {
	slot, ok := ctx.Value(headSlotKey{}).(*headSlot)
	if !ok {
		return func() {}
	}
	at := slot.now()
	return func() { slot.clock.learn(header, at) }
}

// requestID returns the request id of the newest answer; "": none.
func (s *headSlot) requestID() string {
	if head := s.newest.Load(); head != nil {
		return head.requestID
	}
	return ""
}

// complete returns the failure with its empty fields filled from the head.
func (s *headSlot) complete(failure *backup.Error) *backup.Error {
	head := s.newest.Load()
	if head == nil {
		return failure
	}
	completed := *failure
	if completed.Status == 0 {
		completed.Status = head.status
	}
	if completed.RequestID == "" {
		completed.RequestID = head.requestID
	}
	if completed.RetryAfter == 0 {
		completed.RetryAfter = head.retryAfter
	}
	return &completed
}

func firstHeader(h http.Header, names ...string) string {
	for _, name := range names {
		if v := headerText(h.Get(name), LongestID+1); v != "" { // what is longer is no id
			return v
		}
	}
	return ""
}

// headerText makes the value of a header fit for an error: valid UTF-8 of at most longest bytes.
func headerText(value string, longest int) string {
	value = strings.TrimSpace(value)
	if len(value) > longest {
		value = value[:longest]
	}
	return strings.ToValidUTF8(value, "")
}

// retryAfter reads x-acs-retry-after (Alibaba Cloud, milliseconds) or Retry-After (seconds; no cloud uses its date
// form). It returns a minute at most, so that a wrong value cannot stop an account for long.
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
