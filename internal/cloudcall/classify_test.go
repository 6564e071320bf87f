package cloudcall

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestClassify(t *testing.T) {
	const secretURL = "https://mongodb.aliyuncs.com/?AccessKeyId=LTAIsecret&Signature=secret"
	wrapped := func(err error) error { return &url.Error{Op: "Post", URL: secretURL, Err: err} }
	dns := &net.DNSError{Err: "no such host", Name: "mongodb.cn-x.aliyuncs.com", IsNotFound: true}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"classified already", failure(backup.ClassBusy), "Op: busy: because of busy"},
		{"classified and wrapped", fmt.Errorf("listing: %w", failure(backup.ClassBusy)), "Op: busy: because of busy"},
		{"cancelled", wrapped(context.Canceled), "Op: canceled: context canceled"},
		{"no credentials", fmt.Errorf("get: %w", &CredentialsError{errors.New("HOME is not set"), "give some"}), "Op: auth: no credentials: HOME is not set; give some"},
		{"network while asking for credentials", &CredentialsError{wrapped(errors.New("EOF")), "give some"}, "Op: network: EOF"},
		{"deadline while asking for credentials", &CredentialsError{wrapped(context.DeadlineExceeded), "give some"}, "Op: timeout: no answer in time"},
		{"deadline", wrapped(context.DeadlineExceeded), "Op: timeout: no answer in time"},
		{"timeout of a connection", wrapped(&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}), "Op: timeout: no answer in time"},
		{"URL", wrapped(errors.New("server gave HTTP response to HTTPS client")), "Op: network: server gave HTTP response to HTTPS client"},
		{"URL in a URL", wrapped(wrapped(errors.New("broken"))), "Op: network: broken"},
		{
			"unknown host", wrapped(&net.OpError{Op: "dial", Net: "tcp", Err: dns}),
			"Op: network: dial tcp: lookup mongodb.cn-x.aliyuncs.com: no such host; check the region's id and endpoint, and this machine's DNS",
		},
		{
			"own port left out", &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 54321}, Addr: &net.TCPAddr{Port: 80}, Err: errors.New("reset")},
			"Op: network: read tcp :80: reset",
		},
		{"unknown", errors.New("what?"), "Op: protocol: what?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newCaller(Options{})
			if got := c.classify(t.Context(), "Op", tt.err).Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Some SDKs report the end of the context as an error of their own.
func TestClassifyByTheContext(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	c, _ := newCaller(Options{})
	if got := c.classify(cancelled, "Op", errors.New("stopped")).Class; got != backup.ClassCanceled {
		t.Errorf("class = %q, want canceled", got)
	}
	if got := c.classify(expired, "Op", errors.New("stopped")).Class; got != backup.ClassTimeout {
		t.Errorf("class = %q, want timeout", got)
	}
	c.opts.Classify = func(string, error) *backup.Error { return failure(backup.ClassPermission) }
	if got := c.classify(expired, "Op", errors.New("403")).Class; got != backup.ClassPermission {
		t.Errorf("class = %q, want the cloud's answer, which came in time", got)
	}
}

func TestClassOfStatus(t *testing.T) {
	want := map[int]backup.Class{
		0: backup.ClassProtocol, 200: backup.ClassProtocol, 302: backup.ClassProtocol, 400: backup.ClassBadRequest,
		401: backup.ClassAuth, 403: backup.ClassPermission, 404: backup.ClassNotFound, 408: backup.ClassTimeout,
		418: backup.ClassBadRequest, 429: backup.ClassThrottled, 500: backup.ClassServer, 599: backup.ClassServer,
	}
	for status, class := range want {
		if got := ClassOfStatus(status); got != class {
			t.Errorf("class of %d = %q, want %q", status, got, class)
		}
	}
}
