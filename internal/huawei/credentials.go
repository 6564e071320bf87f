package huawei

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/impl"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

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

func newKeySource(configured cloudcall.KeySource) keySource {
	if configured != nil {
		return configuredKeys(configured)
	}
	return &chain{turn: make(chan struct{}, 1), find: provider.BasicCredentialProviderChain().GetCredentials}
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

// chain is the SDK's own default chain: environment, profile file, the server's agency, the pod's identity. The SDK
// renews temporary keys in the middle of a request without a lock, so one caller at a time may ask, and requests are
// signed with a copy. The agency and the pod's identity know no contexts: asking them takes until the SDK's own timeout
// of some seconds.
type chain struct {
	turn    chan struct{} // holds a token while somebody asks
	find    func() (auth.ICredential, error)
	found   *basic.Credentials
	refused atomic.Bool // found is to be found anew
}

func (c *chain) doubt() { c.refused.Store(true) }

func (c *chain) credentials(ctx context.Context, client *impl.DefaultHttpClient) (credentials, error) {
	select {
	case <-ctx.Done():
		return credentials{}, ctx.Err()
	case c.turn <- struct{}{}:
	}
	defer func() { <-c.turn }()
	if c.refused.Swap(false) || c.found == nil {
		found, err := c.find()
		basicFound, ok := found.(*basic.Credentials)
		if err != nil || !ok {
			// The SDK's text may quote lines of the profile file, so it is left out.
			return credentials{}, &cloudcall.CredentialsError{
				Cause: errors.New("neither the environment nor a profile file, the server's agency or the pod's identity gives credentials"),
				Hint:  "configure credentials for the account, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
			}
		}
		c.found = basicFound
	}
	if err := c.found.ProcessSts(client); err != nil {
		return credentials{}, fmt.Errorf("renewing temporary credentials: %w", err)
	}
	return credentials{
		Keys:      cloudcall.Keys{AccessKeyID: c.found.AK, AccessKeySecret: c.found.SK, SecurityToken: c.found.SecurityToken},
		projectID: c.found.ProjectId,
	}, nil
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
