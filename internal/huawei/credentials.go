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
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/impl"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"mongodb_backup_exporter/internal/cloudcall"
)

// credentials are the keys to sign one attempt with.
type credentials struct {
	cloudcall.Keys
	projectID string // the project that was configured together with them; "": none
}

// keySource returns the credentials of one call.
type keySource interface {
	credentials(ctx context.Context, client *impl.DefaultHttpClient) (credentials, error)
	// doubt tells the source that the cloud refused what it gave, so that it does not give it again.
	doubt()
}

func newKeySource(configured cloudcall.KeySource, now func() time.Time) keySource {
	if configured != nil {
		return configuredKeys(configured)
	}
	return newChain(now, provider.BasicCredentialProviderChain().GetCredentials)
}

// configuredKeys are read anew for each call.
type configuredKeys cloudcall.KeySource

func (k configuredKeys) credentials(context.Context, *impl.DefaultHttpClient) (credentials, error) {
	keys, err := k()
	if err != nil {
		return credentials{}, &cloudcall.CredentialsError{Cause: err, Hint: checkCredentials}
	}
	if keys.AuthToken == "" && (keys.AccessKeyID == "" || keys.AccessKeySecret == "") {
		return credentials{}, &cloudcall.CredentialsError{Cause: errors.New("the access key id or its secret is empty"), Hint: checkCredentials}
	}
	return credentials{Keys: keys}, nil
}

func (configuredKeys) doubt() {}

// How long credentials of the default chain are used without asking it again. It begins to renew temporary ones 40
// minutes before they expire and does not tell when that is, so what it gave last is good for half an hour after it began
// to fail. Where they live shorter than that, the cloud's refusal ends their use.
const (
	chainRecent = time.Minute
	chainStale  = 30 * time.Minute
)

// chain is the SDK's own default chain: environment, profile file, the server's agency, the pod's identity. The SDK
// renews temporary keys in the middle of a request without a lock, so one caller at a time may ask, and requests are
// signed with a copy. The agency and the pod's identity know no contexts: asking them takes until the SDK's own timeout
// of some seconds.
type chain struct {
	now     func() time.Time
	turn    chan struct{} // holds a token while somebody asks; guards all but refused
	find    func() (auth.ICredential, error)
	found   *basic.Credentials // nil: to be found
	held    *credentials       // what it gave last; nil: nothing
	given   time.Time          // when
	asked   time.Time          // when it was asked last
	refused atomic.Bool        // by the cloud: to be found anew
}

func newChain(now func() time.Time, find func() (auth.ICredential, error)) *chain {
	return &chain{now: now, turn: make(chan struct{}, 1), find: find}
}

func (c *chain) doubt() { c.refused.Store(true) }

func (c *chain) credentials(ctx context.Context, client *impl.DefaultHttpClient) (credentials, error) {
	select {
	case <-ctx.Done():
		return credentials{}, ctx.Err()
	case c.turn <- struct{}{}:
	}
	defer func() { <-c.turn }()
	if c.refused.Swap(false) {
		c.found, c.held = nil, nil
	}
	now := c.now()
	usable := c.held != nil && now.Sub(c.given) < chainStale
	if usable && now.Sub(c.asked) < chainRecent {
		return *c.held, nil
	}
	c.asked = now // also when asking takes so long that the caller's context ends
	got, err := c.ask(client)
	switch {
	case err == nil:
		c.held, c.given = &got, now
		return got, nil
	case usable:
		return *c.held, nil
	case ctx.Err() != nil:
		return credentials{}, ctx.Err()
	}
	return credentials{}, err
}

// ask returns errors in words of its own. The SDK's quote lines of the profile file and whole answers, and with them keys
// and tokens.
func (c *chain) ask(client *impl.DefaultHttpClient) (credentials, error) {
	if c.found == nil {
		found, err := cloudcall.Guard(c.find)
		basicFound, ok := found.(*basic.Credentials)
		if err != nil || !ok {
			return credentials{}, &cloudcall.CredentialsError{
				Cause: errors.New("neither the environment nor a profile file, the server's agency or the pod's identity gives credentials"),
				Hint:  "configure credentials for the account, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
			}
		}
		c.found = basicFound
	}
	_, err := cloudcall.Guard(func() (struct{}, error) { return struct{}{}, c.found.ProcessSts(client) })
	if err != nil {
		return credentials{}, notRenewed(err)
	}
	return credentials{
		Keys:      cloudcall.Keys{AccessKeyID: c.found.AK, AccessKeySecret: c.found.SK, SecurityToken: c.found.SecurityToken},
		projectID: c.found.ProjectId,
	}, nil
}

// notRenewed keeps of a failed renewal what says whether it may pass by itself, and no text but an address.
func notRenewed(err error) error {
	failure := errors.New("temporary credentials cannot be renewed")
	if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
		return context.DeadlineExceeded
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op
	}
	status := 0
	if answer, ok := errors.AsType[*cloudcall.AnswerError](err); ok {
		status = answer.Status
	} else if answer, ok := errors.AsType[*sdkerr.ServiceResponseError](err); ok {
		status = answer.StatusCode
	} else if _, ok := errors.AsType[*url.Error](err); ok {
		return &url.Error{Op: "renew", Err: failure}
	}
	if status >= http.StatusInternalServerError {
		return &cloudcall.AnswerError{Status: status, Problem: failure.Error()}
	}
	return &cloudcall.CredentialsError{
		Cause: failure, Hint: "check what the default chain renews them from: the identity provider, the server's agency, or the pod's identity",
	}
}

// credential returns what signs one request.
func credential(keys cloudcall.Keys, projectID string) auth.ICredential {
	if keys.AuthToken != "" {
		return tokenCredential{keys.AuthToken, projectID}
	}
	return &basic.Credentials{
		BaseCredentials: auth.BaseCredentials{AK: keys.AccessKeyID, SK: keys.AccessKeySecret, SecurityToken: keys.SecurityToken},
		ProjectId:       projectID,
	}
}

// tokenCredential proves the caller by X-Auth-Token instead of a signature, which the SDK has no type for.
type tokenCredential struct{ token, projectID string }

// ProcessAuthParams implements auth.ICredential.
func (c tokenCredential) ProcessAuthParams(*impl.DefaultHttpClient, string) (auth.ICredential, error) {
	return c, nil
}

// ProcessAuthRequest implements auth.ICredential.
func (c tokenCredential) ProcessAuthRequest(_ *impl.DefaultHttpClient, req *request.DefaultHttpRequest) (*request.DefaultHttpRequest, error) {
	return req.Builder().AddAutoFilledPathParam("project_id", c.projectID).AddHeaderParam("X-Auth-Token", c.token).Build(), nil
}
