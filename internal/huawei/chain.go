package huawei

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"mongodb_backup_exporter/internal/cloudcall"
)

// How long credentials of the default chain are used without asking it again. It begins to renew temporary ones 40
// minutes before they expire, and does not say when that is. When it begins to fail, its last credentials are therefore
// good for half an hour. If their whole life is shorter, the cloud's refusal ends their use.
const (
	chainRecent = time.Minute
	chainStale  = 30 * time.Minute
)

// chain is the source of the SDK's default credential chain: the environment, a profile file, the server's agency, the
// pod's identity. The SDK renews temporary keys in the middle of a request and without a lock. So only one caller at a
// time asks the chain, and requests are signed with a copy of the keys. The agency and the pod's identity take no
// context: asking them may take until the SDK's own timeout of some seconds.
type chain struct {
	now       func() time.Time
	transport http.RoundTripper
	turn      chan struct{} // holds a token while a caller asks the chain; guards the fields below, except refused
	find      func() (auth.ICredential, error)
	found     *basic.Credentials // nil: to be found
	held      *key               // the newest from the chain; nil: none
	fetchedAt time.Time          // when held was fetched
	askedAt   time.Time          // when the chain was asked last
	refused   atomic.Bool        // the cloud refused what the chain gave: find it again
}

func newChain(now func() time.Time, transport http.RoundTripper, find func() (auth.ICredential, error)) *chain {
	return &chain{now: now, transport: transport, turn: make(chan struct{}, 1), find: find}
}

// Invalidate implements cloudcall.CredentialSource.
func (c *chain) Invalidate(err error) {
	if refused(err) {
		c.refused.Store(true)
	}
}

// Credentials implements cloudcall.CredentialSource.
func (c *chain) Credentials(ctx context.Context) (got key, err error) {
	defer func() { cloudcall.SignedBy(ctx, got.Keys) }()
	select {
	case <-ctx.Done():
		return key{}, ctx.Err()
	case c.turn <- struct{}{}:
	}
	defer func() { <-c.turn }()
	if c.refused.Swap(false) {
		c.found, c.held = nil, nil
	}
	now := c.now()
	usable := c.held != nil && now.Sub(c.fetchedAt) < chainStale
	if usable && now.Sub(c.askedAt) < chainRecent {
		return *c.held, nil
	}
	c.askedAt = now // not after asking: the caller's context may end by then
	got, err = c.askChain(ctx)
	switch {
	case err == nil:
		c.held, c.fetchedAt = &got, now
		return got, nil
	case usable:
		return *c.held, nil
	case ctx.Err() != nil:
		return key{}, ctx.Err()
	}
	return key{}, err
}

// askChain returns errors with a text of its own. The SDK's errors quote lines of the profile file and whole answers, and
// so keys and tokens.
func (c *chain) askChain(ctx context.Context) (key, error) {
	if c.found == nil {
		found, err := cloudcall.Guard(c.find)
		basicFound, ok := found.(*basic.Credentials)
		if err != nil || !ok {
			return key{}, noneFound()
		}
		c.found = basicFound
	}
	_, err := cloudcall.Guard(func() (struct{}, error) {
		return struct{}{}, c.found.ProcessSts(newHTTPClient(ctx, c.transport))
	})
	if err != nil {
		return key{}, notRenewed(err)
	}
	return key{
		Keys:      cloudcall.Keys{AccessKeyID: c.found.AK, AccessKeySecret: c.found.SK, SecurityToken: c.found.SecurityToken},
		projectID: c.found.ProjectId,
	}, nil
}

func noneFound() error {
	return &cloudcall.CredentialsError{
		Cause: errors.New("neither the environment nor a profile file, the server's agency or the pod's identity gives credentials"),
		Hint:  "configure credentials for the account, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
	}
}

// notRenewed returns the error of a failed renewal. It keeps what says whether the failure may pass, and no text of the
// SDK's error except an address.
func notRenewed(err error) error {
	failure := errors.New("temporary credentials cannot be renewed")
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		return context.DeadlineExceeded
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op
	}
	status := statusOf(err)
	if answer, ok := errors.AsType[*cloudcall.AnswerError](err); ok && status == 0 {
		return answer // no HTTP: its text is ours
	}
	if _, ok := errors.AsType[*url.Error](err); ok && status == 0 {
		return &url.Error{Op: "renew", Err: failure}
	}
	if status >= http.StatusInternalServerError {
		return &cloudcall.AnswerError{Status: status, Problem: failure.Error()}
	}
	return &cloudcall.CredentialsError{
		Cause: failure, Hint: "check what the default chain renews them from: the identity provider, the server's agency, or the pod's identity",
	}
}

// statusOf returns the HTTP status of a failed request; 0 when there was no answer.
func statusOf(err error) int {
	if answer, ok := errors.AsType[*cloudcall.AnswerError](err); ok {
		return answer.Status
	}
	if answer, ok := errors.AsType[*sdkerr.ServiceResponseError](err); ok {
		return answer.StatusCode
	}
	return 0
}
