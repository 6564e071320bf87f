package alibaba

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"golang.org/x/sync/singleflight"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// keySource returns the credentials of one call.
type keySource interface {
	get(ctx context.Context) (key, error)
	// doubt tells the source of a failed call, so that it does not give refused credentials again.
	doubt(op string, err error)
}

func newKeySource(configured cloudcall.KeySource, now func() time.Time) keySource {
	if configured != nil {
		return configuredKeys(configured)
	}
	return newChain(now, func() (credentials.Credential, error) { return credentials.NewCredential(nil) })
}

// configuredKeys are read anew for each call.
type configuredKeys cloudcall.KeySource

func (k configuredKeys) get(context.Context) (key, error) {
	keys, err := k()
	if err != nil {
		return key{}, &cloudcall.CredentialsError{Cause: err, Hint: checkCredentials}
	}
	if keys.AccessKeyID == "" || keys.AccessKeySecret == "" {
		return key{}, &cloudcall.CredentialsError{Cause: errors.New("the access key id or its secret is empty"), Hint: checkCredentials}
	}
	model := &credentials.CredentialModel{
		AccessKeyId: new(keys.AccessKeyID), AccessKeySecret: new(keys.AccessKeySecret), Type: new("access_key"),
	}
	if keys.SecurityToken != "" {
		model.SecurityToken, model.Type = new(keys.SecurityToken), new("sts")
	}
	return key{model}, nil
}

func (configuredKeys) doubt(string, error) {}

// How long credentials of the default chain are used without asking it again. It renews temporary ones 180 s before
// they expire and does not tell when that is, so what it gave last is good for that long after it began to fail.
const (
	chainRecent = time.Minute
	chainStale  = chainRecent + 2*time.Minute
)

// chain is the SDK's default credential chain, made fit for use: it has no lock, does not know contexts, forgets valid
// credentials when it cannot renew them, and after one failure asks only the last of its sources for ever.
type chain struct {
	now   func() time.Time
	build func() (credentials.Credential, error)
	turn  singleflight.Group // one fetch at a time

	mu     sync.Mutex
	inner  credentials.Credential // nil: to be built; used within turn only, guarded for doubt
	model  *credentials.CredentialModel
	asked  time.Time // when model was given
	serial int       // of doubts
}

func newChain(now func() time.Time, build func() (credentials.Credential, error)) *chain {
	return &chain{now: now, build: build}
}

// get returns at the end of ctx, though the SDK's fetch, which knows none, may go on for the seconds of its timeout.
func (c *chain) get(ctx context.Context) (key, error) {
	if model := c.recent(chainRecent); model != nil {
		return key{model}, nil
	}
	select {
	case <-ctx.Done():
		return key{}, ctx.Err()
	case got := <-c.turn.DoChan("", c.fetch):
		if model, ok := got.Val.(*credentials.CredentialModel); ok && got.Err == nil {
			return key{model}, nil
		}
		if model := c.recent(chainStale); model != nil {
			return key{model}, nil
		}
		return key{}, noneFound()
	}
}

// noneFound says so in words of its own. The SDK's errors hold whole profile files and answers of metadata services and
// STS, and with them secrets, tokens and the requests that were signed.
func noneFound() error {
	return &cloudcall.CredentialsError{
		Cause: errors.New("neither the environment nor OIDC, a profile file, the server's RAM role or ALIBABA_CLOUD_CREDENTIALS_URI gives credentials"),
		Hint:  "configure credentials for the account, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
	}
}

func (c *chain) recent(age time.Duration) *credentials.CredentialModel {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.model != nil && c.now().Sub(c.asked) < age {
		return c.model
	}
	return nil
}

// given is what the chain gave, and the chain to ask next.
type given struct {
	model *credentials.CredentialModel
	inner credentials.Credential
}

// fetch runs in a goroutine of its own, where nobody above could guard against a panic of the SDK.
func (c *chain) fetch() (any, error) {
	c.mu.Lock()
	inner, serial := c.inner, c.serial
	c.mu.Unlock()
	got, err := cloudcall.Guard(func() (given, error) { return c.askChain(inner) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.serial != serial {
		got.inner = nil // refused meanwhile
	}
	c.inner = got.inner
	if err != nil {
		return nil, err
	}
	c.model, c.asked = got.model, c.now()
	return got.model, nil
}

// askChain returns no chain when it failed, so that the next one starts from its first source again.
func (c *chain) askChain(inner credentials.Credential) (given, error) {
	if inner == nil {
		built, err := c.build()
		if err != nil {
			return given{}, err
		}
		inner = built
	}
	model, err := inner.GetCredential()
	if err == nil && model == nil {
		err = errors.New("the default chain gave nothing")
	}
	if err != nil {
		return given{}, err
	}
	return given{model, inner}, nil
}

func (c *chain) doubt(op string, err error) {
	if Classify(op, err).Class != backup.ClassAuth {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.model, c.inner = nil, nil
	c.serial++
}

// key is the credentials of one call, in the form that the SDK takes. It never prints.
type key struct{ model *credentials.CredentialModel }

var _ credentials.Credential = key{}

// Format prints <secret> for every verb.
func (key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("<secret>")) }

func (k key) GetCredential() (*credentials.CredentialModel, error) { return k.model, nil }
func (k key) GetAccessKeyId() (*string, error)                     { return k.model.AccessKeyId, nil } //nolint:revive // the SDK's name

func (k key) GetAccessKeySecret() (*string, error) { return k.model.AccessKeySecret, nil }

func (k key) GetSecurityToken() (*string, error) { return k.model.SecurityToken, nil }
func (k key) GetBearerToken() *string            { return k.model.BearerToken }
func (k key) GetType() *string                   { return k.model.Type }
