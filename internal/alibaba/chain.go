package alibaba

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/aliyun/credentials-go/credentials/providers"
	"golang.org/x/sync/singleflight"

	"mongodb_backup_exporter/internal/cloudcall"
)

// How long credentials of the default chain are used without asking it again. It renews temporary ones 180 s before they
// expire, and does not say when that is. When it begins to fail, its last credentials are therefore good for that long.
const (
	chainRecent = time.Minute
	chainStale  = chainRecent + 2*time.Minute
)

// chain is the source of the SDK's default credential chain, or of a profile. It makes up for what the SDK does not do:
// it has no lock, takes no context, forgets valid credentials when it cannot renew them, and after one failure asks only
// the last of its providers for ever.
type chain struct {
	now   func() time.Time
	build func() (credentials.Credential, error)
	none  error              // when there are no credentials
	turn  singleflight.Group // one fetch at a time

	mu            sync.Mutex
	inner         credentials.Credential       // nil: to be built; used by the running fetch only
	model         *credentials.CredentialModel // the newest from the chain; nil: none
	fetchedAt     time.Time                    // when model was fetched
	invalidations int                          // how often the cloud refused the chain's credentials
}

func newChain(now func() time.Time, build func() (credentials.Credential, error)) *chain {
	return &chain{now: now, build: build, none: noneFound()}
}

// newProfile returns the source of the credentials that a profile of the aliyun command-line tool gives. The tool's file
// is read again when the cloud refuses what it gave.
func newProfile(now func() time.Time, name string) *chain {
	build := func() (credentials.Credential, error) {
		provider, err := providers.NewCLIProfileCredentialsProviderBuilder().WithProfileName(name).Build()
		if err != nil {
			return nil, err
		}
		return credentials.FromCredentialsProvider("cli_profile", provider), nil
	}
	return &chain{now: now, build: build, none: &cloudcall.CredentialsError{
		Cause: fmt.Errorf("the profile %q of the aliyun command-line tool gives none", name),
		Hint:  "check with `aliyun configure list` that this user has the profile, in ~/.aliyun/config.json or the file that ALIBABA_CLOUD_CONFIG_FILE names",
	}}
}

// Credentials implements cloudcall.CredentialSource. It returns at the end of ctx, but the SDK's fetch takes no context
// and may go on until its own timeout of some seconds.
func (c *chain) Credentials(ctx context.Context) (key, error) {
	got, err := c.credentials(ctx)
	if err == nil {
		cloudcall.SignedBy(ctx, got.keys())
	}
	return got, err
}

func (c *chain) credentials(ctx context.Context) (key, error) {
	if model := c.held(chainRecent); model != nil {
		return key{model}, nil
	}
	select {
	case <-ctx.Done():
		return key{}, ctx.Err()
	case got := <-c.turn.DoChan("", c.fetch):
		if model, ok := got.Val.(*credentials.CredentialModel); ok && got.Err == nil {
			return key{model}, nil
		}
		if model := c.held(chainStale); model != nil {
			return key{model}, nil
		}
		return key{}, c.none
	}
}

// noneFound has a text of its own. The SDK's errors quote whole profile files, answers of metadata services and signed
// requests to STS, and so secrets and tokens.
func noneFound() error {
	return &cloudcall.CredentialsError{
		Cause: errors.New("neither the environment nor OIDC, a profile file, the server's RAM role or ALIBABA_CLOUD_CREDENTIALS_URI gives credentials"),
		Hint:  "configure credentials for the account, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
	}
}

// held returns the newest credentials; nil when they are older than age.
func (c *chain) held(age time.Duration) *credentials.CredentialModel {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.model != nil && c.now().Sub(c.fetchedAt) < age {
		return c.model
	}
	return nil
}

// fetched is the outcome of a fetch.
type fetched struct {
	model *credentials.CredentialModel
	inner credentials.Credential // the chain to ask next time; nil: build a new one
}

// fetch guards against a panic of the SDK, because it runs in a goroutine that no caller can guard.
func (c *chain) fetch() (any, error) {
	c.mu.Lock()
	inner, invalidations := c.inner, c.invalidations
	c.mu.Unlock()
	got, err := cloudcall.Guard(func() (fetched, error) { return c.askChain(inner) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.invalidations != invalidations {
		got.inner = nil // the chain's credentials were refused during the fetch
	}
	c.inner = got.inner
	if err != nil {
		return nil, err
	}
	c.model, c.fetchedAt = got.model, c.now()
	return got.model, nil
}

// askChain returns no chain when it failed, so that the next fetch starts with the first provider again.
func (c *chain) askChain(inner credentials.Credential) (fetched, error) {
	if inner == nil {
		built, err := c.build()
		if err != nil {
			return fetched{}, err
		}
		inner = built
	}
	model, err := inner.GetCredential()
	if err == nil && model == nil {
		err = errors.New("the default chain gave nothing")
	}
	if err != nil {
		return fetched{}, err
	}
	return fetched{model, inner}, nil
}

// Invalidate implements cloudcall.CredentialSource.
func (c *chain) Invalidate(err error) {
	if !refused(err) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.model, c.inner = nil, nil
	c.invalidations++
}
