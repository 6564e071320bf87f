package backup

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Class is the kind of a failure, which decides what to do about it. It is the value of the label result of
// mongodb_backup_exporter_api_requests_total. The zero value is no failure.
type Class string

// The classes of failure.
const (
	ClassAuth        Class = "auth"        // the credentials are refused: wrong, expired, locked
	ClassPermission  Class = "permission"  // the credentials are valid but may not do this
	ClassThrottled   Class = "throttled"   // too many calls
	ClassNotFound    Class = "not_found"   // the instance does not exist, or not here
	ClassUnsupported Class = "unsupported" // the cloud does not offer this operation for this instance
	ClassBusy        Class = "busy"        // the instance cannot do this now, e.g. a backup is already running
	ClassBadRequest  Class = "bad_request" // the cloud rejects a parameter
	ClassServer      Class = "server"      // the cloud failed
	ClassTimeout     Class = "timeout"     // no answer in time
	ClassCanceled    Class = "canceled"    // we stopped waiting
	ClassNetwork     Class = "network"     // no connection: name, route, TLS, reset
	ClassProtocol    Class = "protocol"    // the answer does not have the form that the API documents
)

// Retryable reports whether the same call is likely to work a moment later.
func (c Class) Retryable() bool {
	switch c {
	case ClassThrottled, ClassServer, ClassTimeout, ClassNetwork:
		return true
	case ClassAuth, ClassPermission, ClassNotFound, ClassUnsupported, ClassBusy, ClassBadRequest, ClassCanceled, ClassProtocol:
	}
	return false
}

// Answered reports whether the failure is an answer that proves that the cloud is reachable and accepts the
// credentials.
func (c Class) Answered() bool {
	switch c {
	case "", ClassPermission, ClassThrottled, ClassNotFound, ClassUnsupported, ClassBusy, ClassBadRequest:
		return true
	case ClassAuth, ClassServer, ClassTimeout, ClassCanceled, ClassNetwork, ClassProtocol:
	}
	return false
}

// Error is a failed call to a cloud.
type Error struct {
	Op         string        // the cloud's own name of the operation, e.g. DescribeBackups
	Class      Class         // the kind of failure
	Code       string        // the cloud's error code; "": none
	RequestID  string        // the cloud's request id, for its support; "": none
	Status     int           // HTTP status; 0: none
	RetryAfter time.Duration // how long the cloud asks to wait; 0: it does not ask
	Hint       string        // what a person can do about it; "": unknown
	Err        error         // the cause; its text must hold no secret
}

// longestText is how many characters of each text of a cloud an error shows.
const longestText = 256

// Error returns one line: operation, class, code, cause, request id and what to do. Texts of the cloud are cut.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Op, e.Class)
	if e.Code != "" {
		b.WriteString(" " + cut(e.Code))
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	if e.Err != nil {
		b.WriteString(": " + cut(strings.TrimSpace(e.Err.Error())))
	}
	if e.RequestID != "" {
		b.WriteString(" [request id " + cut(e.RequestID) + "]")
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// cut returns at most longestText characters of valid UTF-8, and an ellipsis where it left some out.
func cut(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	count := 0
	for i := range text {
		if count == longestText {
			return text[:i] + "…"
		}
		count++
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of err: "" for nil, and ClassProtocol for an error that no provider classified.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return ClassProtocol
}

// CodeOf returns the cloud's own code of err; "" where it has none.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
