package alibaba

import (
	"errors"
	"fmt"

	"github.com/alibabacloud-go/tea/tea"
	"github.com/aliyun/credentials-go/credentials"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// key is what one call is signed with, in the form of the SDK. It never prints.
type key struct{ model *credentials.CredentialModel }

var _ credentials.Credential = key{}

// newKeySource returns the source of what calls are signed with: the configured keys, or those of a profile, or those
// of the SDK's default chain. With a role, they are used to assume it.
func newKeySource(opts Options) (cloudcall.CredentialSource[key], error) {
	base := baseKeySource(opts)
	if opts.Role.ARN == "" {
		return base, nil
	}
	return newAssumed(base, opts)
}

func baseKeySource(opts Options) cloudcall.CredentialSource[key] {
	switch {
	case opts.Keys != nil:
		return cloudcall.Configured(opts.Keys, newKey)
	case opts.Profile != "":
		return newProfile(opts.Now, opts.Profile)
	}
	return newChain(opts.Now, func() (credentials.Credential, error) { return credentials.NewCredential(nil) })
}

func newKey(keys cloudcall.Keys) key {
	model := &credentials.CredentialModel{
		AccessKeyId: new(keys.AccessKeyID), AccessKeySecret: new(keys.AccessKeySecret), Type: new("access_key"),
	}
	if keys.SecurityToken != "" {
		model.SecurityToken, model.Type = new(keys.SecurityToken), new("sts")
	}
	return key{model}
}

// keys returns the key in the form of this program.
func (k key) keys() cloudcall.Keys {
	return cloudcall.Keys{
		AccessKeyID: tea.StringValue(k.model.AccessKeyId), AccessKeySecret: tea.StringValue(k.model.AccessKeySecret),
		SecurityToken: tea.StringValue(k.model.SecurityToken), AuthToken: tea.StringValue(k.model.BearerToken),
	}
}

// refused reports whether a call failed because the cloud refused the credentials.
func refused(err error) bool {
	if failure, ok := errors.AsType[*backup.Error](err); ok {
		return failure.Class == backup.ClassAuth
	}
	return Classify("", err).Class == backup.ClassAuth
}

// Format prints <secret> for every verb.
func (key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("<secret>")) }

// GetCredential implements credentials.Credential.
func (k key) GetCredential() (*credentials.CredentialModel, error) { return k.model, nil }

// GetAccessKeyId implements credentials.Credential.
func (k key) GetAccessKeyId() (*string, error) { return k.model.AccessKeyId, nil } //nolint:revive // the SDK's name

// GetAccessKeySecret implements credentials.Credential.
func (k key) GetAccessKeySecret() (*string, error) { return k.model.AccessKeySecret, nil }

// GetSecurityToken implements credentials.Credential.
func (k key) GetSecurityToken() (*string, error) { return k.model.SecurityToken, nil }

// GetBearerToken implements credentials.Credential.
func (k key) GetBearerToken() *string { return k.model.BearerToken }

// GetType implements credentials.Credential.
func (k key) GetType() *string { return k.model.Type }
