package huawei

import (
	"net/http"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/impl"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// key is what one call is signed with. It never prints.
type key struct {
	cloudcall.Keys
	projectID string // the project that was configured together with the keys; "": none
}

// newKeySource returns the source of the configured keys, or of the SDK's default chain when configured is nil.
func newKeySource(configured cloudcall.KeySource, now func() time.Time, transport http.RoundTripper) cloudcall.CredentialSource[key] {
	if configured != nil {
		return cloudcall.Configured(configured, func(keys cloudcall.Keys) key { return key{Keys: keys} })
	}
	return newChain(now, transport, provider.BasicCredentialProviderChain().GetCredentials)
}

// refused reports whether a call failed because the cloud refused the credentials.
func refused(err error) bool { return Classify("", err).Class == backup.ClassAuth }

// credential returns the keys in the form of the SDK, for one request.
func credential(keys cloudcall.Keys, projectID string) auth.ICredential {
	if keys.AuthToken != "" {
		return tokenCredential{keys.AuthToken, projectID}
	}
	return &basic.Credentials{
		BaseCredentials: auth.BaseCredentials{AK: keys.AccessKeyID, SK: keys.AccessKeySecret, SecurityToken: keys.SecurityToken},
		ProjectId:       projectID,
	}
}

// tokenCredential sends X-Auth-Token instead of a signature, which the SDK has no type for.
type tokenCredential struct{ token, projectID string }

// ProcessAuthParams implements auth.ICredential.
func (c tokenCredential) ProcessAuthParams(*impl.DefaultHttpClient, string) (auth.ICredential, error) {
	return c, nil
}

// ProcessAuthRequest implements auth.ICredential.
func (c tokenCredential) ProcessAuthRequest(_ *impl.DefaultHttpClient, req *request.DefaultHttpRequest) (*request.DefaultHttpRequest, error) {
	return req.Builder().AddAutoFilledPathParam("project_id", c.projectID).AddHeaderParam("X-Auth-Token", c.token).Build(), nil
}
