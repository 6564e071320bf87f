package cloudcall

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// classify gives a failure its class: by the rules that hold for all clouds, or else by those of the provider. ctx is the
// context of the attempt.
func (c *Caller) classify(ctx context.Context, op string, err error) *backup.Error {
	if failure, ok := errors.AsType[*backup.Error](err); ok {
		return failure
	}
	if a, ok := errors.AsType[*AnswerError](err); ok {
		class, hint := a.classAndHint()
		return &backup.Error{
			Op: op, Class: class, Hint: hint,
			Status: a.Status, RetryAfter: a.RetryAfter, RequestID: a.RequestID, Err: a,
		}
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = turn.Cause(ctx)
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
		return contextFailure(op, turn.Cause(ctx)) // some SDKs report the end of the context as an error of their own
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

// networkCause returns the cause of a failed connection; found is false for any other error. It leaves out the URL that
// net/http adds, because a URL may carry an access key id, a signature or a token. It leaves out our own port too,
// because it makes equal failures look different.
func networkCause(err error) (cause error, found bool) {
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
	const proxy = "check the proxy that HTTPS_PROXY or HTTP_PROXY of this process names, or exclude the cloud with NO_PROXY"
	if _, ok := errors.AsType[*ProxyError](cause); ok {
		return proxy
	}
	if op, ok := errors.AsType[*net.OpError](cause); ok && op.Op == "proxyconnect" {
		return proxy
	}
	if errors.Is(cause, syscall.ECONNREFUSED) {
		return "nobody listens there, or a firewall refuses: check the endpoint, and the way to it"
	}
	if dns, ok := errors.AsType[*net.DNSError](cause); ok && dns.IsNotFound {
		return "check the region's id and endpoint, and this machine's DNS"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](cause); ok {
		return "check the endpoint, and that this machine trusts whoever signed its certificate"
	}
	return ""
}

// classAndHint returns what an answer means that is no HTTP or not a JSON object.
func (e *AnswerError) classAndHint() (class backup.Class, hint string) {
	switch {
	case e.Status == http.StatusTooManyRequests:
		return backup.ClassThrottled, ""
	case e.Status == http.StatusProxyAuthRequired:
		return backup.ClassProtocol, "the proxy wants a name and password: put them into HTTPS_PROXY or HTTP_PROXY of this process"
	case e.Status >= http.StatusInternalServerError:
		return backup.ClassServer, ""
	case e.Status == 0, strings.Contains(strings.ToLower(e.ContentType), "html"), e.Status >= 300 && e.Status < 400:
		return backup.ClassProtocol, "this is not the cloud's API: check the endpoint, and any proxy on the way"
	case e.Status == http.StatusUnauthorized:
		return backup.ClassAuth, ""
	case e.Status == http.StatusForbidden:
		return backup.ClassPermission, ""
	}
	return backup.ClassProtocol, ""
}

// Unsupported returns the error of an operation that the cloud does not offer for an instance.
func Unsupported(op, why string) *backup.Error {
	return &backup.Error{Op: op, Class: backup.ClassUnsupported, Err: errors.New(why)}
}

// UnsupportedIf returns a copy of err with class unsupported and without a hint, if err is a [*backup.Error] that
// matches. Otherwise it returns err.
func UnsupportedIf(err error, matches func(*backup.Error) bool) error {
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok || !matches(failure) {
		return err
	}
	changed := *failure
	changed.Class, changed.Hint = backup.ClassUnsupported, ""
	return &changed
}

// ClassOfStatus returns the class of an HTTP status, for answers whose error code is missing or not known.
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
