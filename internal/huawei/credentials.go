package huawei

import (
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

// newKeySource returns the source of what calls are signed with: the configured keys, or those of the SDK's default
// chain. With an agency, they are used to assume it.
func newKeySource(opts Options, iamEndpoint string) cloudcall.CredentialSource[key] {
	var base cloudcall.CredentialSource[key]
	if opts.Keys != nil {
		base = cloudcall.Configured(opts.Keys, func(keys cloudcall.Keys) key { return key{Keys: keys} })
	} else {
		base = newChain(opts.Now, opts.Transport, provider.BasicCredentialProviderChain().GetCredentials)
	}
	if opts.Agency.Name == "" {
		return base
	}
	return newAssumed(base, opts, iamEndpoint)
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
