package cloudcall

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// classify finds the class of a failure: first by what is the same for all clouds, then by the provider's rules.
// ctx is the attempt's own.
func (c *Caller) classify(ctx context.Context, op string, err error) *backup.Error {
	if failure, ok := errors.AsType[*backup.Error](err); ok {
		return failure
	}
	if a, ok := errors.AsType[*AnswerError](err); ok {
		class, hint := a.verdict()
		return &backup.Error{
			Op: op, Class: class, Hint: hint,
			Status: a.Status, RetryAfter: a.RetryAfter, RequestID: a.RequestID, Err: a,
		}
	}
	if failure := contextFailure(op, err); failure != nil {
		return failure
	}
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		return contextFailure(op, context.DeadlineExceeded)
	}
	if cause, ok := networkCause(err); ok {
		return &backup.Error{Op: op, Class: backup.ClassNetwork, Hint: networkHint(cause), Err: cause}
	}
	if none, ok := errors.AsType[*CredentialsError](err); ok {
		return &backup.Error{Op: op, Class: backup.ClassAuth, Hint: none.Hint, Err: none}
	}
	failure := c.opts.Classify(op, err)
	if failure.Class == backup.ClassProtocol && ctx.Err() != nil {
		return contextFailure(op, ctx.Err()) // an SDK that reports the end of the context in words of its own
	}
	return failure
}

// contextFailure returns nil unless err is the end of a context.
func contextFailure(op string, err error) *backup.Error {
	switch {
	case errors.Is(err, context.Canceled):
		return &backup.Error{Op: op, Class: backup.ClassCanceled, Err: context.Canceled}
	case errors.Is(err, context.DeadlineExceeded):
		return &backup.Error{Op: op, Class: backup.ClassTimeout, Err: errors.New("no answer in time")}
	}
	return nil
}

// networkCause finds a failure of the connection. It returns the cause without the URL that net/http wraps around it,
// because a URL may carry an access key id, a signature or a token, and without our own port, which makes every
// failure look new.
func networkCause(err error) (error, bool) {
	found := false
	for wrapped, ok := errors.AsType[*url.Error](err); ok; wrapped, ok = errors.AsType[*url.Error](err) {
		err, found = wrapped.Err, true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		far := *op
		far.Source = nil
		return &far, true
	}
	return err, found
}

func networkHint(cause error) string {
	if dns, ok := errors.AsType[*net.DNSError](cause); ok && dns.IsNotFound {
		return "check the region's id and endpoint, and this machine's DNS"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](cause); ok {
		return "check the endpoint, and that this machine trusts whoever signed its certificate"
	}
	return ""
}

// verdict says what an answer means that is not a JSON object.
func (e *AnswerError) verdict() (class backup.Class, hint string) {
	switch {
	case e.Status == http.StatusTooManyRequests:
		return backup.ClassThrottled, ""
	case e.Status >= http.StatusInternalServerError:
		return backup.ClassServer, ""
	case strings.Contains(strings.ToLower(e.ContentType), "html"), e.Status >= 300 && e.Status < 400:
		return backup.ClassProtocol, "this is not the cloud's API: check the endpoint, and any proxy on the way"
	case e.Status == http.StatusUnauthorized:
		return backup.ClassAuth, ""
	case e.Status == http.StatusForbidden:
		return backup.ClassPermission, ""
	}
	return backup.ClassProtocol, ""
}

// ClassOfStatus returns what an HTTP status means whose answer names no error code that says more.
func ClassOfStatus(status int) backup.Class {
	switch {
	case status == http.StatusUnauthorized:
		return backup.ClassAuth
	case status == http.StatusForbidden:
		return backup.ClassPermission
	case status == http.StatusNotFound:
		return backup.ClassNotFound
	case status == http.StatusRequestTimeout:
		return backup.ClassTimeout
	case status == http.StatusTooManyRequests:
		return backup.ClassThrottled
	case status >= http.StatusInternalServerError:
		return backup.ClassServer
	case status >= http.StatusBadRequest:
		return backup.ClassBadRequest
	}
	return backup.ClassProtocol
}
